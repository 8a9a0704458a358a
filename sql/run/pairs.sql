-- purpose: table pairs: blocking between neighbouring stations
-- parameters: none
-- grain: one row per pair
-- columns:
--   line_id         varchar line
--   station_id      varchar upstream
--   next_station_id varchar downstream
--   offset_s        double  transfer time, seconds
--   contrast        double  height of the coincidence peak in sigmas
--   blocked_share   double  share of the upstream station's cycles blocked

create table if not exists pairs (
    line_id varchar,
    station_id varchar,
    next_station_id varchar,
    offset_s double,
    contrast double,
    blocked_share double
);
