-- purpose: in which tables a load replaced records
-- parameters: $batch_id varchar
-- grain: one row per table
-- columns:
--   table_name varchar canonical table
--   records    bigint  records that it replaced

select
    table_name,
    count(*) as records
from superseded
where superseded_by = $batch_id
group by table_name
order by table_name;
