-- purpose: table arrivals of the journal: files that were found in a watched folder, and what became of them
-- parameters: none
-- grain: one row per file
-- columns:
--   path       varchar where it was found
--   size_bytes integer of the file
--   mtime_ns   integer when it was written, nanoseconds since 1970
--   sha256     varchar of its bytes
--   state      varchar trying, loaded or refused
--   told       varchar how it was read, as a digest of the options
--   attempts   integer how often it was begun
--   reason     varchar why it was refused, empty where it was not
--   seen_at    varchar when, UTC, ISO 8601

create table if not exists arrivals (
    path varchar primary key,
    size_bytes integer not null,
    mtime_ns integer not null,
    sha256 varchar not null,
    state varchar not null,
    told varchar not null,
    attempts integer not null,
    reason varchar not null,
    seen_at varchar not null
);
