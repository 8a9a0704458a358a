-- purpose: the files that were found in watched folders
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

select
    path,
    size_bytes,
    mtime_ns,
    sha256,
    state,
    told,
    attempts,
    reason,
    seen_at
from arrivals
order by seen_at, path;
