-- purpose: remove stations that a corrected export replaces
-- parameters: $record_ids bigint[]
-- grain: none
-- columns: none

delete from stations
where record_id in (select unnest($record_ids));
