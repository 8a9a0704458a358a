-- purpose: load the new records of a file into cycles; reads the relations staged (records with row, record_id,
--   occurrence and fresh) and staged_hashes
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

insert into cycles (
    record_id,
    batch_id,
    content_hash,
    occurrence,
    site_id,
    area_id,
    line_id,
    station_id,
    product_id,
    order_id,
    serial,
    shift,
    operator_id,
    started_at,
    ended_at,
    completed_at,
    cycle_s,
    quantity,
    scrap_quantity
)
select
    staged.record_id,
    $batch_id as batch_id,
    staged_hashes.content_hash,
    staged.occurrence,
    staged.site_id,
    staged.area_id,
    staged.line_id,
    staged.station_id,
    staged.product_id,
    staged.order_id,
    staged.serial,
    staged.shift,
    staged.operator_id,
    staged.started_at,
    staged.ended_at,
    staged.completed_at,
    staged.cycle_s,
    staged.quantity,
    staged.scrap_quantity
from staged
inner join staged_hashes on staged.row = staged_hashes.row
where staged.fresh;
