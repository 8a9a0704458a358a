-- purpose: table standards: planned run times, target conditions and takt
-- parameters: none
-- grain: one row per station, product and validity
-- columns:
--   record_id        bigint    number of the record
--   batch_id         varchar   the load it came with
--   content_hash     uhugeint  hash of all mapped values
--   occurrence       integer   1, 2 … for equal records
--   site_id          varchar   site
--   line_id          varchar   line
--   station_id       varchar   station
--   product_id       varchar   product, null = every
--   standard_cycle_s double    planned run time per item, seconds
--   target_cycle_s   double    target condition, seconds
--   takt_s           double    takt time, seconds
--   valid_from       timestamp start of validity

create table if not exists standards (
    record_id bigint,
    batch_id varchar,
    content_hash uhugeint,
    occurrence integer,
    site_id varchar,
    line_id varchar,
    station_id varchar,
    product_id varchar,
    standard_cycle_s double,
    target_cycle_s double,
    takt_s double,
    valid_from timestamp
);
