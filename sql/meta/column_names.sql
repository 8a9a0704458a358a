-- purpose: the columns of a table, in order
-- parameters: $table_name varchar
-- grain: one row per column
-- columns:
--   name varchar   column name

select name
from pragma_table_info($table_name);
