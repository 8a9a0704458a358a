-- purpose: load the new records of a file into standards; reads the relations staged (records with row, record_id,
--   occurrence and fresh) and staged_hashes
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

insert into standards (
    record_id,
    batch_id,
    content_hash,
    occurrence,
    site_id,
    line_id,
    station_id,
    product_id,
    standard_cycle_s,
    target_cycle_s,
    takt_s,
    valid_from
)
select
    staged.record_id,
    $batch_id as batch_id,
    staged_hashes.content_hash,
    staged.occurrence,
    staged.site_id,
    staged.line_id,
    staged.station_id,
    staged.product_id,
    staged.standard_cycle_s,
    staged.target_cycle_s,
    staged.takt_s,
    staged.valid_from
from staged
inner join staged_hashes on staged.row = staged_hashes.row
where staged.fresh;
