-- purpose: table cycles: one row per cycle record as loaded; cavities are joined later, at analysis
-- parameters: none
-- grain: one row per loaded record
-- columns:
--   record_id      bigint    number of the record in this warehouse, in order of loading
--   batch_id       varchar   the load it came with (journal)
--   content_hash   uhugeint  hash of all mapped values: equal means the same record
--   occurrence     integer   1, 2 … for equal records of a source without ids
--   site_id        varchar   site
--   area_id        varchar   area
--   line_id        varchar   line
--   station_id     varchar   station
--   product_id     varchar   product
--   order_id       varchar   order
--   serial         varchar   unit's serial number
--   shift          varchar   shift's name
--   operator_id    varchar   salted token, null by default
--   started_at     timestamp start, UTC (wall clock where the zone is unspecified)
--   ended_at       timestamp end, same clock
--   completed_at   timestamp completion, for part counters that know no start
--   cycle_s        double    cycle time as the source states it, seconds
--   quantity       double    parts in this record
--   scrap_quantity double    rejected parts in this record

create table if not exists cycles (
    record_id bigint,
    batch_id varchar,
    content_hash uhugeint,
    occurrence integer,
    site_id varchar,
    area_id varchar,
    line_id varchar,
    station_id varchar,
    product_id varchar,
    order_id varchar,
    serial varchar,
    shift varchar,
    operator_id varchar,
    started_at timestamp,
    ended_at timestamp,
    completed_at timestamp,
    cycle_s double,
    quantity double,
    scrap_quantity double
);
