-- purpose: remove the cycles of a load that is undone
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from cycles
where batch_id = $batch_id;
