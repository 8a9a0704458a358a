-- purpose: where stations stand, to find out whether a bare station id tells which is meant
-- parameters: none
-- grain: one row per station id, line and site
-- columns:
--   station_id varchar the id
--   line_id    varchar its line
--   site_id    varchar its site, null if unknown

select
    station_id,
    line_id,
    site_id
from stations
where line_id is not null

union

select
    station_id,
    line_id,
    site_id
from cycles
where line_id is not null
order by
    station_id,
    line_id,
    site_id;
