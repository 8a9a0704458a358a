-- purpose: the columns of a table with their types, in order
-- parameters: $table_name varchar
-- grain: one row
-- columns:
--   structure json column → type

select json_group_object(name, type) as structure
from pragma_table_info($table_name);
