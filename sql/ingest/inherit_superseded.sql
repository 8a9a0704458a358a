-- purpose: where a load that is undone had been replaced itself, what it replaced waits behind the later load
-- parameters: $batch_id varchar
-- grain: none
-- columns: none

update superseded
set
    superseded_by = later.superseded_by,
    replaced_by = later.replaced_by
from superseded as later
where
    superseded.superseded_by = $batch_id
    and later.batch_id = $batch_id
    and later.table_name = superseded.table_name
    and later.content_hash = superseded.replaced_by;
