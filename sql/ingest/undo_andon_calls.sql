-- purpose: remove the andon calls of a load that is undone
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from andon_calls
where batch_id = $batch_id;
