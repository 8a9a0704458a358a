-- purpose: load the new records of a file into teams; reads the relations staged (records with row, record_id,
--   occurrence and fresh) and staged_hashes
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

insert into teams (
    record_id,
    batch_id,
    content_hash,
    occurrence,
    site_id,
    line_id,
    shift,
    team_leaders,
    team_members
)
select
    staged.record_id,
    $batch_id as batch_id,
    staged_hashes.content_hash,
    staged.occurrence,
    staged.site_id,
    staged.line_id,
    staged.shift,
    staged.team_leaders,
    staged.team_members
from staged
inner join staged_hashes on staged.row = staged_hashes.row
where staged.fresh;
