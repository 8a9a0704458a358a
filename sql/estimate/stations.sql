-- purpose: the stations and their order as told; where the layout names no line or site, they are those of the one
--   station in the cycles that it can mean
-- parameters: none
-- grain: one row per station
-- columns:
--   site_id         varchar   site
--   line_id         varchar   line
--   station_id      varchar   station
--   position        integer   place in the line's order
--   next_station_id varchar   downstream station
--   parallel_group  varchar   stations that share the work

with places as (
    select distinct
        site_id,
        line_id,
        station_id
    from cycles
),

named as (
    select distinct
        site_id,
        line_id,
        station_id
    from stations
),

known as (
    select
        named.site_id,
        named.line_id,
        named.station_id,
        case
            when count(distinct places.line_id) = 1 and count(distinct places.site_id) <= 1 then min(places.line_id)
        end as only_line_id,
        case
            when count(distinct places.site_id) = 1 and count(distinct places.line_id) <= 1 then min(places.site_id)
        end as only_site_id
    from named
    left join places
        on named.station_id = places.station_id
        and (named.line_id = places.line_id or named.line_id is null or places.line_id is null)
        and (named.site_id = places.site_id or named.site_id is null or places.site_id is null)
    group by
        named.site_id,
        named.line_id,
        named.station_id
),

told as (
    select
        coalesce(stations.site_id, known.only_site_id) as site_id,
        coalesce(stations.line_id, known.only_line_id) as line_id,
        stations.station_id,
        stations.position,
        stations.next_station_id,
        stations.parallel_group
    from stations
    inner join known
        on stations.station_id = known.station_id
        and stations.line_id is not distinct from known.line_id
        and stations.site_id is not distinct from known.site_id
)

select
    site_id,
    line_id,
    station_id,
    max(position) as position,
    max(next_station_id) as next_station_id,
    max(parallel_group) as parallel_group
from told
group by
    site_id,
    line_id,
    station_id
order by
    site_id nulls first,
    line_id nulls first,
    position nulls last,
    station_id;
