-- purpose: table stations: stations and their order
-- parameters: none
-- grain: one row per station
-- columns:
--   record_id       bigint   number of the record
--   batch_id        varchar  the load it came with
--   content_hash    uhugeint hash of all mapped values
--   occurrence      integer  1, 2 … for equal records
--   site_id         varchar  site
--   line_id         varchar  line
--   station_id      varchar  station
--   position        integer  place in the line's order
--   next_station_id varchar  downstream station
--   parallel_group  varchar  stations that share the work

create table if not exists stations (
    record_id bigint,
    batch_id varchar,
    content_hash uhugeint,
    occurrence integer,
    site_id varchar,
    line_id varchar,
    station_id varchar,
    position integer,
    next_station_id varchar,
    parallel_group varchar
);
