-- purpose: table stations: what was found at each station
-- parameters: none
-- grain: one row per station
-- columns:
--   line_id          varchar line
--   station_id       varchar station
--   position         integer place in the order
--   cycles           bigint  cycles
--   usable_cycles    bigint  cycles fit to judge
--   expected_s       double  median usual time, seconds
--   scale_s          double  scatter, seconds
--   floor_s          double  floor, seconds; null where masked
--   null_location    double  null's location, sigmas
--   null_scale       double  null's scale, sigmas
--   null_skew        double  null's skewness parameter
--   count_error      double  relative error of the station's count by the model, one sigma
--   minutes_error    double  the same for minutes
--   noise_n          double  slow cycles that noise alone would show, mean
--   noise_sd         double  standard deviation of that number
--   waits            boolean cycles hold the wait for the next unit: no minutes
--   blocked_share    double  share of cycles blocked
--   clock_offset_s   double  andon clock less cycle clock, seconds
--   standard_cycle_s double  standard, seconds
--   target_cycle_s   double  target condition, seconds
--   takt_s           double  takt, seconds
--   masked           boolean too little data
--   reason           varchar why masked
--   common           boolean counted at the common floor (else stands apart)

create table if not exists stations (
    line_id varchar,
    station_id varchar,
    position integer,
    cycles bigint,
    usable_cycles bigint,
    expected_s double,
    scale_s double,
    floor_s double,
    null_location double,
    null_scale double,
    null_skew double,
    count_error double,
    minutes_error double,
    noise_n double,
    noise_sd double,
    waits boolean,
    blocked_share double,
    clock_offset_s double,
    standard_cycle_s double,
    target_cycle_s double,
    takt_s double,
    masked boolean,
    reason varchar,
    common boolean
);
