-- purpose: table patterns: recurring patterns (Type 2) and chronic gaps
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

create table if not exists patterns (
    rank integer,
    pattern_id varchar,
    type varchar,
    line_id varchar,
    station_id varchar,
    product_id varchar,
    pattern varchar,
    evidence varchar,
    p_value double,
    slow_cycles double,
    minutes double,
    minutes_lower double,
    minutes_upper double,
    minutes_per_week double,
    calls bigint
);
