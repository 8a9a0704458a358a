-- purpose: remove the teams of a load that is undone
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from teams
where batch_id = $batch_id;
