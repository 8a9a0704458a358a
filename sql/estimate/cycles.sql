-- purpose: the cycles to estimate from, cavities joined, in the order of line, station and time
-- parameters: $from_at timestamp, $to_at timestamp
-- grain: one row per cycle (rows that share station, start and end without a serial are one cycle)
-- columns:
--   site_id    varchar   site, null if unknown
--   line_id    varchar   line, null if unknown
--   station_id varchar   station
--   product_id varchar   product; cavities of several products joined by " + "
--   order_id   varchar   order
--   shift      varchar   shift as the source names it
--   serial     varchar   unit
--   start_us   bigint    start, microseconds since 1970, null if unknown
--   end_us     bigint    end, microseconds since 1970
--   stated_s   double    cycle time as stated, seconds
--   quantity   double    parts

with stamped as (
    select
        site_id,
        line_id,
        station_id,
        product_id,
        order_id,
        shift,
        serial,
        started_at,
        coalesce(ended_at, completed_at) as end_at,
        cycle_s,
        coalesce(quantity, 1) as quantity
    from cycles
    where
        coalesce(ended_at, completed_at) >= $from_at
        and coalesce(ended_at, completed_at) < $to_at
),

joined as (
    select
        site_id,
        line_id,
        station_id,
        serial,
        started_at,
        end_at,
        case
            when min(product_id) = max(product_id) then min(product_id)
            else min(product_id) || ' + ' || max(product_id)
        end as product_id,
        min(order_id) as order_id,
        min(shift) as shift,
        max(cycle_s) as stated_s,
        sum(quantity) as quantity
    from stamped
    group by
        site_id,
        line_id,
        station_id,
        serial,
        started_at,
        end_at
)

select
    site_id,
    line_id,
    station_id,
    product_id,
    order_id,
    shift,
    serial,
    epoch_us(started_at) as start_us,
    epoch_us(end_at) as end_us,
    stated_s,
    quantity
from joined
order by
    site_id nulls first,
    line_id nulls first,
    station_id,
    end_at,
    started_at,
    serial;
