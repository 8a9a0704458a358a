-- purpose: the layout's version of this file
-- parameters: none
-- grain: one row
-- columns:
--   schema_version integer   layout version, null in an empty file

select max(schema_version) as schema_version
from schema_info;
