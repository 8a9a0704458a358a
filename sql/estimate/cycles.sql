-- purpose: the cycles to estimate from, cavities joined, in the order of line, station and time; where an export
--   names no line or site, they are those of the one station that it can mean
-- parameters: $from_at timestamp, $to_at timestamp
-- grain: one row per cycle (rows that share station, start and end without a serial are one cycle: the cavities of
--   a mould open and close together; rows that end together but began apart are work of different lengths, and to
--   join them would be to choose one of the lengths)
-- columns:
--   site_id      varchar   site, null if unknown
--   line_id      varchar   line, null if unknown
--   station_id   varchar   station
--   product_id   varchar   product; cavities of several products joined by " + "
--   order_id     varchar   order
--   shift        varchar   shift as the source names it
--   serial       varchar   unit
--   start_us     bigint    start, microseconds since 1970, null if unknown
--   end_us       bigint    end, microseconds since 1970
--   stated_s     double    cycle time as stated, seconds
--   quantity     double    parts
--   record_parts double    most parts that one of its records states, null if none does

with places as (
    select
        site_id,
        line_id,
        station_id
    from stations

    union

    select
        site_id,
        line_id,
        station_id
    from cycles
),

named as (
    select distinct
        site_id,
        line_id,
        station_id
    from cycles
),

known as (
    select
        named.site_id,
        named.line_id,
        named.station_id,
        case
            when count(distinct places.line_id) = 1 and count(distinct places.site_id) <= 1 then min(places.line_id)
        end as only_line_id,
        case
            when count(distinct places.site_id) = 1 and count(distinct places.line_id) <= 1 then min(places.site_id)
        end as only_site_id
    from named
    inner join places
        on named.station_id = places.station_id
        and (named.line_id = places.line_id or named.line_id is null or places.line_id is null)
        and (named.site_id = places.site_id or named.site_id is null or places.site_id is null)
    group by
        named.site_id,
        named.line_id,
        named.station_id
),

stamped as (
    select
        cycles.rowid as record,
        coalesce(cycles.site_id, known.only_site_id) as site_id,
        coalesce(cycles.line_id, known.only_line_id) as line_id,
        cycles.station_id,
        cycles.product_id,
        cycles.order_id,
        cycles.shift,
        cycles.serial,
        cycles.started_at,
        coalesce(cycles.ended_at, cycles.completed_at) as end_at,
        cycles.cycle_s,
        coalesce(cycles.quantity, 1) as quantity,
        cycles.quantity as record_parts
    from cycles
    inner join known
        on cycles.station_id = known.station_id
        and cycles.line_id is not distinct from known.line_id
        and cycles.site_id is not distinct from known.site_id
    where
        coalesce(cycles.ended_at, cycles.completed_at) >= $from_at
        and coalesce(cycles.ended_at, cycles.completed_at) < $to_at
),

joined as (
    select
        min(record) as record,
        site_id,
        line_id,
        station_id,
        serial,
        started_at,
        end_at,
        min(product_id) as product_id,
        max(product_id) as last_product_id,
        min(order_id) as order_id,
        min(shift) as shift,
        max(cycle_s) as stated_s,
        sum(quantity) as quantity,
        max(record_parts) as record_parts
    from stamped
    group by
        site_id,
        line_id,
        station_id,
        serial,
        started_at,
        end_at
),

-- apart, because a list of names for every cycle would cost more than all the rest
mixed as (
    select
        joined.record,
        string_agg(distinct stamped.product_id, ' + ' order by stamped.product_id) as product_id
    from joined
    inner join stamped
        on joined.station_id = stamped.station_id
        and joined.end_at = stamped.end_at
        and joined.started_at is not distinct from stamped.started_at
        and joined.serial is not distinct from stamped.serial
        and joined.line_id is not distinct from stamped.line_id
        and joined.site_id is not distinct from stamped.site_id
    where joined.product_id < joined.last_product_id
    group by joined.record
)

select
    joined.site_id,
    joined.line_id,
    joined.station_id,
    coalesce(mixed.product_id, joined.product_id) as product_id,
    joined.order_id,
    joined.shift,
    joined.serial,
    epoch_us(joined.started_at) as start_us,
    epoch_us(joined.end_at) as end_us,
    joined.stated_s,
    joined.quantity,
    joined.record_parts
from joined
left join mixed
    on joined.record = mixed.record
order by
    joined.site_id nulls first,
    joined.line_id nulls first,
    joined.station_id,
    joined.end_at,
    joined.started_at,
    joined.serial;
