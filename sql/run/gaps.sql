-- purpose: table gaps: time between cycles of a station that nothing explains as work
-- parameters: none
-- grain: one row per gap
-- columns:
--   line_id    varchar   line
--   station_id varchar   station
--   started_at timestamp start
--   ended_at   timestamp end
--   gap_s      double    length without breaks, seconds
--   kind       varchar   idle, break, changeover

create table if not exists gaps (
    line_id varchar,
    station_id varchar,
    started_at timestamp,
    ended_at timestamp,
    gap_s double,
    kind varchar
);
