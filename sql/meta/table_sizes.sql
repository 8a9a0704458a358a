-- purpose: how many rows each canonical table holds
-- parameters: none
-- grain: one row per table
-- columns:
--   name varchar   canonical table
--   size bigint    rows

select
    'andon_calls' as name,
    count(*) as size
from andon_calls
union all
select
    'calendar' as name,
    count(*) as size
from calendar
union all
select
    'cycles' as name,
    count(*) as size
from cycles
union all
select
    'detections' as name,
    count(*) as size
from detections
union all
select
    'standards' as name,
    count(*) as size
from standards
union all
select
    'stations' as name,
    count(*) as size
from stations
union all
select
    'teams' as name,
    count(*) as size
from teams
order by name;
