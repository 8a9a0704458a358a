-- purpose: the run's pairs
-- parameters: none
-- grain: one row per pair
-- columns:
--   line_id         varchar line
--   station_id      varchar upstream
--   next_station_id varchar downstream
--   offset_s        double  transfer time, seconds
--   contrast        double  height of the coincidence peak in sigmas
--   blocked_share   double  share of the upstream station's cycles blocked

select
    line_id,
    station_id,
    next_station_id,
    offset_s,
    contrast,
    blocked_share
from pairs
order by
    line_id nulls first,
    station_id;
