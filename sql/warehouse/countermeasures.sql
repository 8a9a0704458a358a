-- purpose: table countermeasures: countermeasures made
-- parameters: none
-- grain: one row per countermeasure
-- columns:
--   record_id    bigint    number of the record
--   batch_id     varchar   the load it came with
--   content_hash uhugeint  hash of all mapped values
--   occurrence   integer   1, 2 … for equal records
--   site_id      varchar   site
--   line_id      varchar   line
--   station_id   varchar   station
--   started_at   timestamp start
--   problem_type varchar   type 1 to 4
--   owner_role   varchar   role, never a person
--   description  varchar   what was done
--   closed_at    timestamp closed

create table if not exists countermeasures (
    record_id bigint,
    batch_id varchar,
    content_hash uhugeint,
    occurrence integer,
    site_id varchar,
    line_id varchar,
    station_id varchar,
    started_at timestamp,
    problem_type varchar,
    owner_role varchar,
    description varchar,
    closed_at timestamp
);
