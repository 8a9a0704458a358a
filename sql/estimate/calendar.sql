-- purpose: shifts, breaks, planned stops and times without data
-- parameters: none
-- grain: one row per interval
-- columns:
--   site_id    varchar   site, null = every
--   line_id    varchar   line, null = every
--   station_id varchar   station, null = the whole line
--   start_us   bigint    start, microseconds since 1970
--   end_us     bigint    end, microseconds since 1970
--   kind       varchar   shift, break, planned_stop, no_data
--   name       varchar   its name

select distinct
    site_id,
    line_id,
    station_id,
    epoch_us(starts_at) as start_us,
    epoch_us(ends_at) as end_us,
    kind,
    name
from calendar
where ends_at > starts_at
order by
    site_id nulls first,
    line_id nulls first,
    station_id nulls first,
    start_us,
    end_us,
    kind;
