-- purpose: every load, oldest first
-- parameters: none
-- grain: one row per load
-- columns:
--   batch_id   varchar id
--   created_at varchar when, UTC, ISO 8601
--   file       varchar the file as it was given
--   member     varchar sheet or archive member
--   table_name varchar canonical table
--   sha256     varchar of the file's bytes
--   status     varchar loading, done, undoing or undone
--   outcome    varchar counts, as JSON
--   undone_at  varchar when it was undone, UTC, ISO 8601; null where it stands
--   undone     varchar what went and what came back, as JSON

select
    batches.batch_id,
    batches.created_at,
    batches.file,
    batches.member,
    batches.table_name,
    batches.sha256,
    case
        when undos.batch_id is null then batches.status
        when undos.finished_at is null then 'undoing'
        else 'undone'
    end as status,
    batches.outcome,
    undos.begun_at as undone_at,
    undos.counts as undone
from batches
left join undos on batches.batch_id = undos.batch_id
order by batches.created_at, batches.batch_id;
