-- purpose: table undos of the journal: loads that somebody undid
-- parameters: none
-- grain: one row per load
-- columns:
--   batch_id    varchar the load
--   begun_at    varchar when, UTC, ISO 8601
--   finished_at varchar when it was through, null until then
--   way         varchar command line or page
--   counts      varchar what went and what came back, as JSON

create table if not exists undos (
    batch_id varchar primary key,
    begun_at varchar not null,
    finished_at varchar,
    way varchar not null,
    counts varchar not null
);
