-- purpose: remove andon_calls that a corrected export replaces
-- parameters: $record_ids bigint[]
-- grain: none
-- columns: none

delete from andon_calls
where record_id in (select unnest($record_ids));
