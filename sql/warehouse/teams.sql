-- purpose: table teams: who is there to help
-- parameters: none
-- grain: one row per line and shift
-- columns:
--   record_id    bigint   number of the record
--   batch_id     varchar  the load it came with
--   content_hash uhugeint hash of all mapped values
--   occurrence   integer  1, 2 … for equal records
--   site_id      varchar  site
--   line_id      varchar  line
--   shift        varchar  shift
--   team_leaders integer  team leaders on the line
--   team_members integer  team members on the line

create table if not exists teams (
    record_id bigint,
    batch_id varchar,
    content_hash uhugeint,
    occurrence integer,
    site_id varchar,
    line_id varchar,
    shift varchar,
    team_leaders integer,
    team_members integer
);
