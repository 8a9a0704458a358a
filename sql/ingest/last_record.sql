-- purpose: the highest record number of a table
-- parameters: $table_name varchar
-- grain: one row
-- columns:
--   record_id bigint highest number, 0 in an empty table

select coalesce(max(record_id), 0) as record_id
from query_table($table_name);
