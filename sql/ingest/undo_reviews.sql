-- purpose: remove the reviews of a load that is undone
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from reviews
where batch_id = $batch_id;
