-- purpose: the records of a file that are not the first of their kind: equal to an earlier one of the file, or loaded already; reads staged_hashes
-- parameters: $table_name varchar
-- grain: one row per record of the file that is equal to another one; all others occur once and are new
-- columns:
--   row        bigint  place in the file
--   occurrence integer 1, 2 … for equal records, in the file's order
--   known      boolean loaded already

with repeated as (
    select content_hash
    from staged_hashes
    group by content_hash
    having count(*) > 1
),

numbered as (
    select
        staged_hashes.row,
        cast(
            row_number() over (partition by staged_hashes.content_hash order by staged_hashes.row) as integer
        ) as occurrence
    from staged_hashes
    where staged_hashes.content_hash in (select repeated.content_hash from repeated)
),

loaded as (
    select distinct
        content_hash,
        occurrence
    from query_table($table_name)
    where content_hash in (select staged_hashes.content_hash from staged_hashes)
)

select
    staged_hashes.row,
    coalesce(numbered.occurrence, 1) as occurrence,
    loaded.content_hash is not null as known
from staged_hashes
left join numbered on staged_hashes.row = numbered.row
left join loaded
    on staged_hashes.content_hash = loaded.content_hash
    and coalesce(numbered.occurrence, 1) = loaded.occurrence
where
    coalesce(numbered.occurrence, 1) > 1
    or loaded.content_hash is not null
order by staged_hashes.row;
