-- purpose: every audit draw, oldest first
-- parameters: none
-- grain: one row per draw
-- columns:
--   draw_id    varchar id
--   created_at varchar when, UTC, ISO 8601
--   mode       varchar records or windows
--   run_id     varchar the run it was drawn from
--   details    varchar how it was drawn, as JSON
--   items      varchar what was drawn, as JSON

select
    draw_id,
    created_at,
    mode,
    run_id,
    details,
    items
from audit_draws
order by created_at, draw_id;
