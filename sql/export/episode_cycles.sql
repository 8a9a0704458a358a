-- purpose: what is needed of a run's cycles to list its episodes
-- parameters: none
-- grain: one row per cycle
-- columns:
--   cycle_id               bigint    number of the cycle in this run
--   site_id                varchar   site
--   line_id                varchar   line
--   station_id             varchar   station
--   product_id             varchar   product
--   shift                  varchar   shift
--   shift_day              date      day on which the shift started (wall clock)
--   started_at             timestamp UTC, or wall clock where the zone is unspecified
--   ended_at               timestamp same clock
--   slow_probability       double    chance of an own delay of at least the floor; null where masked
--   undetected_probability double    the same where no call belongs to it, else 0; null where masked
--   delay_s                double    expected own delay counted at or above the floor, seconds
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
    started_at,
    ended_at,
    slow_probability,
    undetected_probability,
    delay_s,
    called,
    call_id,
    recorded_by,
    state
from cycles
order by cycle_id;
