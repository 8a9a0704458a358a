-- purpose: countermeasures that are loaded with the key of a new record (station, start and description) but hold values that the file does not have;
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
inner join countermeasures as known
    on known.station_id = staged.station_id
    and known.started_at = staged.started_at
    and known.description is not distinct from staged.description
    and (known.line_id = staged.line_id or known.line_id is null or staged.line_id is null)
    and (known.site_id = staged.site_id or known.site_id is null or staged.site_id is null)
where
    staged.fresh
    and known.content_hash not in (select staged_hashes.content_hash from staged_hashes)
order by row, record_id;
