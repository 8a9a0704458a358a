-- purpose: the run's breaks
-- parameters: none
-- grain: one row per interval
-- columns:
--   line_id   varchar   line
--   starts_at timestamp start
--   ends_at   timestamp end
--   kind      varchar   break, planned_stop, no_data, off_shift
--   name      varchar   its name
--   found     boolean   found in the data, not in a calendar

select
    line_id,
    starts_at,
    ends_at,
    kind,
    name,
    found
from breaks
order by
    line_id nulls first,
    starts_at;
