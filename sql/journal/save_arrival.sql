-- purpose: keep what became of a file in a watched folder, in the place of what was known of it
-- parameters: $path varchar, $size_bytes integer, $mtime_ns integer, $sha256 varchar, $state varchar, $told varchar,
--   $attempts integer, $reason varchar, $seen_at varchar
-- grain: none
-- columns: none

insert into arrivals (path, size_bytes, mtime_ns, sha256, state, told, attempts, reason, seen_at)
values ($path, $size_bytes, $mtime_ns, $sha256, $state, $told, $attempts, $reason, $seen_at)
on conflict (path) do update set
    size_bytes = excluded.size_bytes,
    mtime_ns = excluded.mtime_ns,
    sha256 = excluded.sha256,
    state = excluded.state,
    told = excluded.told,
    attempts = excluded.attempts,
    reason = excluded.reason,
    seen_at = excluded.seen_at;
