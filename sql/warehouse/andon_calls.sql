-- purpose: table andon_calls: andon calls: signals that summon help
-- parameters: none
-- grain: one row per call
-- columns:
--   record_id       bigint    number of the record
--   batch_id        varchar   the load it came with
--   content_hash    uhugeint  hash of all mapped values
--   occurrence      integer   1, 2 … for equal records
--   call_id         varchar   the source's id
--   site_id         varchar   site
--   line_id         varchar   line
--   station_id      varchar   station
--   raised_at       timestamp raised
--   acknowledged_at timestamp help answered
--   resolved_at     timestamp closed
--   escalated_at    timestamp passed on
--   level           varchar   escalation level
--   category        varchar   the source's own text
--   kind            varchar   process, quality, safety, material, maintenance …
--   note            varchar   free text

create table if not exists andon_calls (
    record_id bigint,
    batch_id varchar,
    content_hash uhugeint,
    occurrence integer,
    call_id varchar,
    site_id varchar,
    line_id varchar,
    station_id varchar,
    raised_at timestamp,
    acknowledged_at timestamp,
    resolved_at timestamp,
    escalated_at timestamp,
    level varchar,
    category varchar,
    kind varchar,
    note varchar
);
