-- purpose: where the canonical tables hold what can point at a person
-- parameters: none
-- grain: one row per place
-- columns:
--   place varchar   table and column
--   size  bigint    rows with a value there

select
    'andon_calls.note' as place,
    count(note) as size
from andon_calls
union all
select
    'countermeasures.description' as place,
    count(description) as size
from countermeasures
union all
select
    'cycles.operator_id' as place,
    count(operator_id) as size
from cycles
union all
select
    'detections.reason' as place,
    count(reason) as size
from detections
order by place;
