-- purpose: the records that a load replaced in a table, as they were
-- parameters: $structure json, $table_name varchar, $batch_id varchar
-- grain: one row per record; the columns are those of the structure
-- columns:
--   record_id bigint number of the record

select unnest(from_json(record, $structure))
from superseded
where
    superseded_by = $batch_id
    and table_name = $table_name
order by record_id;
