-- purpose: remove the calendar of a load that is undone
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from calendar
where batch_id = $batch_id;
