-- purpose: remove the table staged, once it was compared with what is loaded
-- parameters: none
-- grain: none
-- columns: none

drop table temp.staged;
