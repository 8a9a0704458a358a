-- purpose: number equal records of a file and tell which are loaded already; reads staged_hashes
-- parameters: $table_name varchar
-- grain: one row per record of the file
-- columns:
--   row          bigint  place in the file
--   occurrence   integer 1, 2 … for equal records, in the file's order
--   known        boolean loaded already

with numbered as (
    select
        row,
        content_hash,
        cast(row_number() over (partition by content_hash order by row) as integer) as occurrence
    from staged_hashes
),

loaded as (
    select distinct
        content_hash,
        occurrence
    from query_table($table_name)
    where content_hash in (select staged_hashes.content_hash from staged_hashes)
)

select
    numbered.row,
    numbered.occurrence,
    loaded.content_hash is not null as known
from numbered
left join loaded
    on numbered.content_hash = loaded.content_hash
    and numbered.occurrence = loaded.occurrence
order by numbered.row;
