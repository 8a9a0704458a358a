-- purpose: mark a load as done
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

update batches
set status = 'done'
where batch_id = $batch_id;
