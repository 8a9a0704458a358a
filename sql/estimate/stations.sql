-- purpose: the stations and their order as told
-- parameters: none
-- grain: one row per station
-- columns:
--   site_id         varchar   site
--   line_id         varchar   line
--   station_id      varchar   station
--   position        integer   place in the line's order
--   next_station_id varchar   downstream station
--   parallel_group  varchar   stations that share the work

select
    site_id,
    line_id,
    station_id,
    max(position) as position,
    max(next_station_id) as next_station_id,
    max(parallel_group) as parallel_group
from stations
group by
    site_id,
    line_id,
    station_id
order by
    site_id nulls first,
    line_id nulls first,
    position nulls last,
    station_id;
