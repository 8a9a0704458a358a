-- purpose: table audit_draws of the journal: what was drawn for people to look at
-- parameters: none
-- grain: one row per draw
-- columns:
--   draw_id    varchar id, printed on the sheet
--   created_at varchar when, UTC, ISO 8601
--   mode       varchar records (past cycles) or windows (stations to watch)
--   run_id     varchar the run it was drawn from
--   details    varchar how it was drawn, as JSON
--   items      varchar the cycles or windows drawn, as JSON

create table if not exists audit_draws (
    draw_id varchar primary key,
    created_at varchar not null,
    mode varchar not null,
    run_id varchar not null,
    details varchar not null,
    items varchar not null
);
