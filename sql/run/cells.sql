-- purpose: table cells: the estimate in its smallest groups; pages add these up
-- parameters: none
-- grain: one row per station, product, shift and day
-- columns:
--   line_id               varchar line
--   station_id            varchar station
--   product_id            varchar product
--   shift                 varchar shift
--   shift_day             date    shift's day
--   cycles                bigint  cycles
--   usable_cycles         bigint  cycles that are not masked
--   detected_n            double  slow cycles at the station's floor, called or covered
--   undetected_n          double  slow cycles at the station's floor without a call
--   undetected_variance   double  variance of that count given the model
--   detected_variance     double  variance of the detected count given the model
--   recorded_n            double  of the undetected: seen by another source
--   detected_s            double  delay in detected slow cycles, seconds
--   undetected_s          double  delay in undetected slow cycles, seconds
--   undetected_s_variance double  variance of those seconds given the model
--   recorded_s            double  of the undetected seconds: seen by another source
--   detected_common_n     double  detected at the common floor
--   undetected_common_n   double  undetected at the common floor

create table if not exists cells (
    line_id varchar,
    station_id varchar,
    product_id varchar,
    shift varchar,
    shift_day date,
    cycles bigint,
    usable_cycles bigint,
    detected_n double,
    undetected_n double,
    undetected_variance double,
    detected_variance double,
    recorded_n double,
    detected_s double,
    undetected_s double,
    undetected_s_variance double,
    recorded_s double,
    detected_common_n double,
    undetected_common_n double
);
