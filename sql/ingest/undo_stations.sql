-- purpose: remove the stations of a load that is undone
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from stations
where batch_id = $batch_id;
