-- purpose: table audit_observations of the journal: what people saw of what was drawn
-- parameters: none
-- grain: one row per item of a draw and observer
-- columns:
--   draw_id   varchar the draw
--   item      integer number of the cycle or window in the draw
--   observer  varchar a token, never a name
--   loaded_at varchar when, UTC, ISO 8601
--   answer    varchar what was seen, as JSON

create table if not exists audit_observations (
    draw_id varchar not null,
    item integer not null,
    observer varchar not null,
    loaded_at varchar not null,
    answer varchar not null,
    primary key (draw_id, item, observer)
);
