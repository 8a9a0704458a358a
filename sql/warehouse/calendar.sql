-- purpose: table calendar: shifts, breaks, planned stops, times without data
-- parameters: none
-- grain: one row per interval
-- columns:
--   record_id    bigint    number of the record
--   batch_id     varchar   the load it came with
--   content_hash uhugeint  hash of all mapped values
--   occurrence   integer   1, 2 … for equal records
--   site_id      varchar   site
--   line_id      varchar   line, null = every
--   station_id   varchar   station, null = the whole line
--   starts_at    timestamp start
--   ends_at      timestamp end
--   kind         varchar   shift, break, planned_stop, no_data
--   name         varchar   its name

create table if not exists calendar (
    record_id bigint,
    batch_id varchar,
    content_hash uhugeint,
    occurrence integer,
    site_id varchar,
    line_id varchar,
    station_id varchar,
    starts_at timestamp,
    ends_at timestamp,
    kind varchar,
    name varchar
);
