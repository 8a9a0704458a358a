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
--   status     varchar loading or done
--   outcome    varchar counts, as JSON

select
    batch_id,
    created_at,
    file,
    member,
    table_name,
    sha256,
    status,
    outcome
from batches
order by created_at, batch_id;
