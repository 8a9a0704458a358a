-- purpose: the run's station fit
-- parameters: none
-- grain: one row per station and bin
-- columns:
--   line_id    varchar line
--   station_id varchar station
--   deviation  double  bin's left edge, sigmas
--   observed   double  uncalled cycles in the bin
--   noise      double  expected from noise alone
--   fitted     double  expected from noise and delays

select
    line_id,
    station_id,
    deviation,
    observed,
    noise,
    fitted
from station_fit
order by
    line_id nulls first,
    station_id,
    deviation;
