-- purpose: table calls: andon calls in the period and the cycle each belongs to
-- parameters: none
-- grain: one row per call
-- columns:
--   call_id         varchar   id of the call
--   line_id         varchar   line
--   station_id      varchar   station
--   raised_at       timestamp raised
--   acknowledged_at timestamp answered
--   resolved_at     timestamp closed
--   kind            varchar   process, quality, safety …
--   category        varchar   the source's text
--   cycle_id        bigint    the cycle it belongs to, null if none
--   time_trace      boolean   its cycle was slow
--   ambiguous       boolean   a second cycle fits nearly as well
--   shift           varchar   shift
--   shift_day       date      shift's day

create table if not exists calls (
    call_id varchar,
    line_id varchar,
    station_id varchar,
    raised_at timestamp,
    acknowledged_at timestamp,
    resolved_at timestamp,
    kind varchar,
    category varchar,
    cycle_id bigint,
    time_trace boolean,
    ambiguous boolean,
    shift varchar,
    shift_day date
);
