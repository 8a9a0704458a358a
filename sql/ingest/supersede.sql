-- purpose: keep the loaded records that new ones replace; reads the relations overlapping (record_id of a loaded
--   record, row of the new one) and staged_hashes
-- parameters: $table_name varchar, $batch_id varchar
-- grain: none
-- columns: none

with replacing as (
    select
        overlapping.record_id,
        min(staged_hashes.content_hash) as content_hash
    from overlapping
    inner join staged_hashes on overlapping.row = staged_hashes.row
    group by overlapping.record_id
)

insert into superseded (table_name, record_id, batch_id, content_hash, superseded_by, replaced_by, record)
select
    $table_name as table_name,
    known.record_id,
    known.batch_id,
    known.content_hash,
    $batch_id as superseded_by,
    replacing.content_hash as replaced_by,
    to_json(known) as record
from query_table($table_name) as known
inner join replacing on known.record_id = replacing.record_id;
