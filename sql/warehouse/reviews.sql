-- purpose: table reviews: huddles and board reviews
-- parameters: none
-- grain: one row per review
-- columns:
--   record_id    bigint    number of the record
--   batch_id     varchar   the load it came with
--   content_hash uhugeint  hash of all mapped values
--   occurrence   integer   1, 2 … for equal records
--   level        varchar   tier of the huddle
--   site_id      varchar   site
--   line_id      varchar   line
--   station_id   varchar   what was discussed
--   held_at      timestamp when

create table if not exists reviews (
    record_id bigint,
    batch_id varchar,
    content_hash uhugeint,
    occurrence integer,
    level varchar,
    site_id varchar,
    line_id varchar,
    station_id varchar,
    held_at timestamp
);
