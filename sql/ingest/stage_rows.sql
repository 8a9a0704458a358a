-- purpose: put the new records of the relation slice into the table staged
-- parameters: none
-- grain: none
-- columns: none

insert into staged
select * -- noqa: AM04
from slice
where fresh;
