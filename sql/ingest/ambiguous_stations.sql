-- purpose: stations that stand in two lines or more, so that a bare station id does not tell which is meant
-- parameters: none
-- grain: one row per station id
-- columns:
--   station_id varchar the id

with placed as (
    select
        station_id,
        line_id
    from stations
    where line_id is not null

    union

    select
        station_id,
        line_id
    from cycles
    where line_id is not null
)

select station_id
from placed
group by station_id
having count(*) > 1
order by station_id;
