-- purpose: write the layout's version into a new file
-- parameters: $version integer
-- grain: none
-- columns: none

insert into schema_info
select $version
where not exists (select 1 from schema_info);
