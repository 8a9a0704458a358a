-- purpose: the run's gaps
-- parameters: none
-- grain: one row per gap
-- columns:
--   line_id    varchar   line
--   station_id varchar   station
--   started_at timestamp start
--   ended_at   timestamp end
--   gap_s      double    length without breaks, seconds
--   kind       varchar   idle, break, changeover

select
    line_id,
    station_id,
    started_at,
    ended_at,
    gap_s,
    kind
from gaps
order by
    line_id nulls first,
    station_id,
    started_at;
