-- purpose: load the new records of a file into countermeasures; reads the relations staged (records with row, record_id,
--   occurrence and fresh) and staged_hashes
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

insert into countermeasures (
    record_id,
    batch_id,
    content_hash,
    occurrence,
    site_id,
    line_id,
    station_id,
    started_at,
    problem_type,
    owner_role,
    description,
    closed_at
)
select
    staged.record_id,
    $batch_id as batch_id,
    staged_hashes.content_hash,
    staged.occurrence,
    staged.site_id,
    staged.line_id,
    staged.station_id,
    staged.started_at,
    staged.problem_type,
    staged.owner_role,
    staged.description,
    staged.closed_at
from staged
inner join staged_hashes on staged.row = staged_hashes.row
where staged.fresh;
