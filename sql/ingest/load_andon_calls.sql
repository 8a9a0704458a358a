-- purpose: load the new records of a file into andon_calls; reads the relations staged (records with row, record_id,
--   occurrence and fresh) and staged_hashes
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

insert into andon_calls (
    record_id,
    batch_id,
    content_hash,
    occurrence,
    call_id,
    site_id,
    line_id,
    station_id,
    raised_at,
    acknowledged_at,
    resolved_at,
    escalated_at,
    level,
    category,
    kind,
    note
)
select
    staged.record_id,
    $batch_id as batch_id,
    staged_hashes.content_hash,
    staged.occurrence,
    staged.call_id,
    staged.site_id,
    staged.line_id,
    staged.station_id,
    staged.raised_at,
    staged.acknowledged_at,
    staged.resolved_at,
    staged.escalated_at,
    staged.level,
    staged.category,
    staged.kind,
    staged.note
from staged
inner join staged_hashes on staged.row = staged_hashes.row
where staged.fresh;
