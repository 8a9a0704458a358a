-- purpose: remove cycles that a corrected export replaces
-- parameters: $record_ids bigint[]
-- grain: none
-- columns: none

delete from cycles
where record_id in (select unnest($record_ids));
