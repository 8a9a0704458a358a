-- purpose: write down that nothing of a load is left
-- parameters: $batch_id varchar, $finished_at varchar
-- grain: none
-- columns: none

update undos
set finished_at = $finished_at
where batch_id = $batch_id;
