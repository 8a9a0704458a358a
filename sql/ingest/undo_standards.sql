-- purpose: remove the standards of a load that is undone
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from standards
where batch_id = $batch_id;
