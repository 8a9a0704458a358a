-- purpose: table schema_info: the version of this file's layout
-- parameters: none
-- grain: one row
-- columns:
--   schema_version integer layout version

create table if not exists schema_info (
    schema_version integer
);
