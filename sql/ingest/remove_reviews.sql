-- purpose: remove reviews that a corrected export replaces
-- parameters: $record_ids bigint[]
-- grain: none
-- columns: none

delete from reviews
where record_id in (select unnest($record_ids));
