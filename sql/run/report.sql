-- purpose: table report: the report contract of this run, and what pages need at a glance
-- parameters: none
-- grain: one row
-- columns:
--   run_id     varchar   id of the run
--   created_at timestamp UTC
--   report     varchar   the report contract as JSON text

create table if not exists report (
    run_id varchar,
    created_at timestamp,
    report varchar
);
