-- purpose: what other sources saw in the period, in order of time
-- parameters: $from_at timestamp, $to_at timestamp
-- grain: one row per detection
-- columns:
--   source      varchar   which source saw it
--   site_id     varchar   site
--   line_id     varchar   line
--   station_id  varchar   station
--   detected_us bigint    seen, microseconds since 1970
--   ended_us    bigint    over
--   reason      varchar   the source's text
--   planned     boolean   a planned stop

select
    source,
    site_id,
    line_id,
    station_id,
    epoch_us(detected_at) as detected_us,
    epoch_us(ended_at) as ended_us,
    reason,
    coalesce(planned, false) as planned
from detections
where
    detected_at >= $from_at
    and detected_at < $to_at
order by
    detected_at,
    station_id,
    source,
    reason;
