-- purpose: teams that are loaded with the key of a new record (line and shift) but hold values that the file does not have;
--   reads staged (the file's records with row and fresh, not loaded yet) and staged_hashes
-- parameters: none
-- grain: one row per loaded record and new record that share a key
-- columns:
--   record_id bigint the loaded record
--   row       bigint the new record's place in the file

select
    known.record_id,
    staged.row
from staged
inner join teams as known
    on known.line_id = staged.line_id
    and known.shift is not distinct from staged.shift
    and known.site_id is not distinct from staged.site_id
where
    staged.fresh
    and known.content_hash not in (select staged_hashes.content_hash from staged_hashes)
order by row, record_id;
