-- purpose: table batches of the journal: loads and their counts
-- parameters: none
-- grain: one row per load of a file or a member of it
-- columns:
--   batch_id   varchar id, in the warehouse's rows too
--   created_at varchar when, UTC, ISO 8601
--   file       varchar the file as it was given
--   member     varchar sheet or archive member, empty for the file itself
--   table_name varchar canonical table
--   sha256     varchar of the file's bytes
--   status     varchar loading or done
--   outcome    varchar counts, as JSON

create table if not exists batches (
    batch_id varchar primary key,
    created_at varchar not null,
    file varchar not null,
    member varchar not null,
    table_name varchar not null,
    sha256 varchar not null,
    status varchar not null check (status in ('loading', 'done')),
    outcome varchar not null
);
