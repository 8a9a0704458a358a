-- purpose: remove the countermeasures of a load that is undone
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from countermeasures
where batch_id = $batch_id;
