-- purpose: how many tables a database file holds, to tell a new file from one of another program
-- parameters: none
-- grain: one row
-- columns:
--   tables bigint   tables

select count(*) as tables
from duckdb_tables();
