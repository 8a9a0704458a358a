-- purpose: remove the detections of a load that is undone
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from detections
where batch_id = $batch_id;
