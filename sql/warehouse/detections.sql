-- purpose: table detections: other sources that can see problems: downtime log, quality reject, ticket, machine alarm
-- parameters: none
-- grain: one row per detection
-- columns:
--   record_id    bigint    number of the record
--   batch_id     varchar   the load it came with
--   content_hash uhugeint  hash of all mapped values
--   occurrence   integer   1, 2 … for equal records
--   source       varchar   which source saw it
--   site_id      varchar   site
--   line_id      varchar   line
--   station_id   varchar   station
--   detected_at  timestamp when it was seen
--   ended_at     timestamp when it was over
--   reason       varchar   the source's text
--   planned      boolean   a planned stop

create table if not exists detections (
    record_id bigint,
    batch_id varchar,
    content_hash uhugeint,
    occurrence integer,
    source varchar,
    site_id varchar,
    line_id varchar,
    station_id varchar,
    detected_at timestamp,
    ended_at timestamp,
    reason varchar,
    planned boolean
);
