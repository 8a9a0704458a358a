-- purpose: table cycles: every cycle in the period with what the estimate says of it
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

create table if not exists cycles (
    cycle_id bigint,
    site_id varchar,
    line_id varchar,
    station_id varchar,
    product_id varchar,
    shift varchar,
    shift_day date,
    serial varchar,
    started_at timestamp,
    ended_at timestamp,
    cycle_s double,
    net_s double,
    expected_s double,
    scale_s double,
    excess_s double,
    deviation double,
    floor_s double,
    slow_probability double,
    undetected_probability double,
    delay_s double,
    common_probability double,
    called boolean,
    call_id varchar,
    recorded_by varchar,
    state varchar
);
