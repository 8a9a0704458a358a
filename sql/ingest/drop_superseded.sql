-- purpose: empty the place of the records that a load had replaced, now that they are back
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from superseded
where superseded_by = $batch_id;
