-- purpose: how many records of a load are in a table
-- parameters: $table_name varchar, $batch_id varchar
-- grain: one row
-- columns:
--   records bigint records

select count(*) as records
from query_table($table_name)
where batch_id = $batch_id;
