-- purpose: the run's detections
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

select
    source,
    line_id,
    station_id,
    detected_at,
    ended_at,
    reason,
    planned,
    cycle_id
from detections
order by
    detected_at,
    station_id;
