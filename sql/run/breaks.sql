-- purpose: table breaks: times taken as not planned for work
-- parameters: none
-- grain: one row per interval
-- columns:
--   line_id   varchar   line
--   starts_at timestamp start
--   ends_at   timestamp end
--   kind      varchar   break, planned_stop, no_data, off_shift
--   name      varchar   its name
--   found     boolean   found in the data, not in a calendar

create table if not exists breaks (
    line_id varchar,
    starts_at timestamp,
    ends_at timestamp,
    kind varchar,
    name varchar,
    found boolean
);
