-- purpose: in which columns new records differ from the loaded ones with their key; reads the relations overlapping
--   (record_id of a loaded record, row of the new one) and staged (the new records with row)
-- parameters: $table_name varchar
-- grain: one row per column that differs
-- columns:
--   column_name varchar the column
--   records     bigint  new records that differ in it
--   row         bigint  the first of them
--   before      varchar what is loaded, null where nothing is
--   after       varchar what the file says, null where it says nothing

with pairs as (
    select
        overlapping.row,
        to_json(known) as before,
        to_json(staged) as after
    from overlapping
    inner join query_table($table_name) as known on overlapping.record_id = known.record_id
    inner join staged on overlapping.row = staged.row
),

compared as (
    select
        row,
        before,
        after,
        unnest(json_keys(before)) as column_name
    from pairs
)

select
    column_name,
    count(distinct row) as records,
    min(row) as row,
    arg_min_null(json_extract_string(before, column_name), row) as before,
    arg_min_null(json_extract_string(after, column_name), row) as after
from compared
where
    column_name not in ('record_id', 'batch_id', 'content_hash', 'occurrence', 'operator_id')
    and json_extract_string(before, column_name) is distinct from json_extract_string(after, column_name)
group by column_name
order by records desc, column_name asc;
