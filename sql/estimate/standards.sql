-- purpose: planned run times, target conditions and takt
-- parameters: none
-- grain: one row per station, product and start of validity
-- columns:
--   site_id          varchar   site
--   line_id          varchar   line
--   station_id       varchar   station, null = the whole line
--   product_id       varchar   product, null = every
--   standard_cycle_s double    planned run time per item, seconds
--   target_cycle_s   double    target condition, seconds
--   takt_s           double    takt time, seconds
--   valid_from_us    bigint    start of validity, microseconds since 1970

select distinct
    site_id,
    line_id,
    station_id,
    product_id,
    standard_cycle_s,
    target_cycle_s,
    takt_s,
    epoch_us(valid_from) as valid_from_us
from standards
order by
    site_id nulls first,
    line_id nulls first,
    station_id nulls first,
    product_id nulls first,
    valid_from_us nulls first;
