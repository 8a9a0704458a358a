-- purpose: everything that people saw of what was drawn
-- parameters: none
-- grain: one row per item of a draw and observer
-- columns:
--   draw_id   varchar the draw
--   item      integer number of the cycle or window in the draw
--   observer  varchar a token, never a name
--   loaded_at varchar when, UTC, ISO 8601
--   answer    varchar what was seen, as JSON

select
    draw_id,
    item,
    observer,
    loaded_at,
    answer
from audit_observations
order by draw_id, item, observer;
