-- purpose: table detections: detections by other sources in the period
-- parameters: none
-- grain: one row per detection
-- columns:
--   source      varchar   which source
--   line_id     varchar   line
--   station_id  varchar   station
--   detected_at timestamp seen
--   ended_at    timestamp over
--   reason      varchar   its text
--   planned     boolean   planned
--   cycle_id    bigint    the cycle it falls in, null if none

create table if not exists detections (
    source varchar,
    line_id varchar,
    station_id varchar,
    detected_at timestamp,
    ended_at timestamp,
    reason varchar,
    planned boolean,
    cycle_id bigint
);
