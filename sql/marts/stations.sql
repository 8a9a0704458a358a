-- purpose: the run's stations
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

select
    line_id,
    station_id,
    position,
    cycles,
    usable_cycles,
    expected_s,
    scale_s,
    floor_s,
    null_location,
    null_scale,
    null_skew,
    count_error,
    minutes_error,
    noise_n,
    noise_sd,
    waits,
    blocked_share,
    clock_offset_s,
    standard_cycle_s,
    target_cycle_s,
    takt_s,
    masked,
    reason,
    common
from stations
order by
    line_id nulls first,
    position nulls last,
    station_id;
