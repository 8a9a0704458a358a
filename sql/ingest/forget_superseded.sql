-- purpose: forget the replaced records that came with a load, now that it is undone
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from superseded
where batch_id = $batch_id;
