-- purpose: an empty table for the records of a file, with the columns of the relation slice; gone with the connection
-- parameters: none
-- grain: none
-- columns: none

create or replace temp table staged as
select * -- noqa: AM04
from slice
where false;
