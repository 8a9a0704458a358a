-- purpose: andon calls within a page's filter
-- parameters: $line_ids varchar[], $station_ids varchar[], $shifts varchar[], $from_day date, $to_day date
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

select
    call_id,
    line_id,
    station_id,
    raised_at,
    acknowledged_at,
    resolved_at,
    kind,
    category,
    cycle_id,
    time_trace,
    ambiguous,
    shift,
    shift_day
from calls
where
    (len($line_ids) = 0 or list_contains($line_ids, coalesce(line_id, '')))
    and (len($station_ids) = 0 or list_contains($station_ids, coalesce(station_id, '')))
    and (len($shifts) = 0 or list_contains($shifts, coalesce(shift, '')))
    and coalesce(shift_day, cast(raised_at as date)) >= $from_day
    and coalesce(shift_day, cast(raised_at as date)) <= $to_day
order by
    raised_at,
    call_id;
