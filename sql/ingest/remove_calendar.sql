-- purpose: remove calendar that a corrected export replaces
-- parameters: $record_ids bigint[]
-- grain: none
-- columns: none

delete from calendar
where record_id in (select unnest($record_ids));
