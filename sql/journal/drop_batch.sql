-- purpose: forget a load that never reached the warehouse
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

delete from batches
where batch_id = $batch_id;
