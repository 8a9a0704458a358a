-- purpose: load the new records of a file into detections; reads the relations staged (records with row, record_id,
--   occurrence and fresh) and staged_hashes
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

insert into detections (
    record_id,
    batch_id,
    content_hash,
    occurrence,
    source,
    site_id,
    line_id,
    station_id,
    detected_at,
    ended_at,
    reason,
    planned
)
select
    staged.record_id,
    $batch_id as batch_id,
    staged_hashes.content_hash,
    staged.occurrence,
    staged.source,
    staged.site_id,
    staged.line_id,
    staged.station_id,
    staged.detected_at,
    staged.ended_at,
    staged.reason,
    staged.planned
from staged
inner join staged_hashes on staged.row = staged_hashes.row
where staged.fresh;
