-- purpose: remove detections that a corrected export replaces
-- parameters: $record_ids bigint[]
-- grain: none
-- columns: none

delete from detections
where record_id in (select unnest($record_ids));
