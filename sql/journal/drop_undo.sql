-- purpose: forget an undo that did not happen
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from undos
where batch_id = $batch_id;
