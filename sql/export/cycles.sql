-- purpose: the cycles of a run, as exported
-- parameters: none
-- grain: one row per cycle, in every state
-- columns:
--   line_id                varchar   line
--   station_id             varchar   station
--   product_id             varchar   product
--   shift                  varchar   shift
--   serial                 varchar   unit
--   started_at             timestamp UTC, or wall clock where the zone is unspecified
--   ended_at               timestamp same clock
--   cycle_s                double    clock time of the cycle, seconds
--   net_s                  double    without breaks and planned stops, seconds
--   expected_s             double    the station's own usual time here, seconds
--   excess_s               double    net less expected, seconds
--   floor_s                double    the shortest delay told from noise here, seconds; null where masked
--   undetected_probability double    chance of an own delay of at least the floor without a call; null where masked
--   called                 boolean   an andon call belongs to it
--   call_id                varchar   that call
--   state                  varchar   normal, blocked, starved, planned, covered, masked

select
    line_id,
    station_id,
    product_id,
    shift,
    serial,
    started_at,
    ended_at,
    cycle_s,
    net_s,
    expected_s,
    excess_s,
    floor_s,
    undetected_probability,
    called,
    call_id,
    state
from cycles
order by cycle_id;
