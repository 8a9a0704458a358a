-- purpose: the run's smallest groups within a page's filter
-- parameters: $line_ids varchar[], $station_ids varchar[], $product_ids varchar[],
--   $shifts varchar[], $from_day date, $to_day date
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

select
    line_id,
    station_id,
    product_id,
    shift,
    shift_day,
    cycles,
    usable_cycles,
    detected_n,
    undetected_n,
    undetected_variance,
    detected_variance,
    recorded_n,
    detected_s,
    undetected_s,
    undetected_s_variance,
    recorded_s,
    detected_common_n,
    undetected_common_n
from cells
where
    (len($line_ids) = 0 or list_contains($line_ids, coalesce(line_id, '')))
    and (len($station_ids) = 0 or list_contains($station_ids, station_id))
    and (len($product_ids) = 0 or list_contains($product_ids, coalesce(product_id, '')))
    and (len($shifts) = 0 or list_contains($shifts, coalesce(shift, '')))
    and shift_day >= $from_day
    and shift_day <= $to_day
order by
    line_id nulls first,
    station_id,
    product_id nulls first,
    shift nulls first,
    shift_day;
