-- purpose: the cycles of one station between two moments, in order of time
-- parameters: $line_id varchar, $station_id varchar, $from_at timestamp, $to_at timestamp
-- grain: one row per cycle
-- columns:
--   cycle_id               bigint    number of the cycle in this run
--   site_id                varchar   site
--   line_id                varchar   line
--   station_id             varchar   station
--   product_id             varchar   product
--   shift                  varchar   shift
--   shift_day              date      day on which the shift started (wall clock)
--   serial                 varchar   unit
--   started_at             timestamp UTC, or wall clock where the zone is unspecified
--   ended_at               timestamp same clock
--   cycle_s                double    clock time of the cycle, seconds
--   net_s                  double    without breaks and planned stops, seconds
--   expected_s             double    the station's own usual time here, seconds
--   scale_s                double    the station's own scatter (one sigma), seconds
--   excess_s               double    net less expected, seconds
--   deviation              double    excess in sigmas of the station
--   floor_s                double    the shortest delay told from noise here, seconds; null where masked
--   slow_probability       double    chance of an own delay of at least the floor, called or not; null where masked
--   undetected_probability double    the same where no call belongs to it, else 0; null where masked
--   delay_s                double    own delay counted at or above the floor, seconds; null where masked
--   common_probability     double    chance of an own delay of at least the common floor; null where masked
--   called                 boolean   an andon call belongs to it
--   call_id                varchar   that call
--   recorded_by            varchar   another source that saw it, null if none
--   state                  varchar   normal, blocked, starved, planned, covered, masked

select
    cycle_id,
    site_id,
    line_id,
    station_id,
    product_id,
    shift,
    shift_day,
    serial,
    started_at,
    ended_at,
    cycle_s,
    net_s,
    expected_s,
    scale_s,
    excess_s,
    deviation,
    floor_s,
    slow_probability,
    undetected_probability,
    delay_s,
    common_probability,
    called,
    call_id,
    recorded_by,
    state
from cycles
where
    coalesce(line_id, '') = $line_id
    and station_id = $station_id
    and ended_at >= $from_at
    and ended_at < $to_at
order by cycle_id;
