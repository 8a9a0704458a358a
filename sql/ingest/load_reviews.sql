-- purpose: load the new records of a file into reviews; reads the relations staged (records with row, record_id,
--   occurrence and fresh) and staged_hashes
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

insert into reviews (
    record_id,
    batch_id,
    content_hash,
    occurrence,
    level,
    site_id,
    line_id,
    station_id,
    held_at
)
select
    staged.record_id,
    $batch_id as batch_id,
    staged_hashes.content_hash,
    staged.occurrence,
    staged.level,
    staged.site_id,
    staged.line_id,
    staged.station_id,
    staged.held_at
from staged
inner join staged_hashes on staged.row = staged_hashes.row
where staged.fresh;
