-- purpose: the run's patterns
-- parameters: none
-- grain: one row per pattern
-- columns:
--   rank             integer 1 is most minutes
--   pattern_id       varchar stable id
--   type             varchar type_2 or type_3
--   line_id          varchar line
--   station_id       varchar station
--   product_id       varchar product, null = any
--   pattern          varchar every_k, by_product, after_changeover, at_hour, burst, standard_not_held, target_condition
--   evidence         varchar what was seen, in words and figures
--   p_value          double  chance of so much by luck, after false-discovery control
--   slow_cycles      double  slow cycles in it
--   minutes          double  station-minutes in it
--   minutes_lower    double  lower end
--   minutes_upper    double  upper end
--   minutes_per_week double  station-minutes a week
--   calls            bigint  of them called

select
    rank,
    pattern_id,
    type,
    line_id,
    station_id,
    product_id,
    pattern,
    evidence,
    p_value,
    slow_cycles,
    minutes,
    minutes_lower,
    minutes_upper,
    minutes_per_week,
    calls
from patterns
order by
    rank;
