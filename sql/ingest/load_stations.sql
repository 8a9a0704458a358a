-- purpose: load the new records of a file into stations; reads the relations staged (records with row, record_id,
--   occurrence and fresh) and staged_hashes
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

insert into stations (
    record_id,
    batch_id,
    content_hash,
    occurrence,
    site_id,
    line_id,
    station_id,
    position,
    next_station_id,
    parallel_group
)
select
    staged.record_id,
    $batch_id as batch_id,
    staged_hashes.content_hash,
    staged.occurrence,
    staged.site_id,
    staged.line_id,
    staged.station_id,
    staged.position,
    staged.next_station_id,
    staged.parallel_group
from staged
inner join staged_hashes on staged.row = staged_hashes.row
where staged.fresh;
