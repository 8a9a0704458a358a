-- purpose: the andon calls of the period, in order of time
-- parameters: $from_at timestamp, $to_at timestamp
-- grain: one row per call
-- columns:
--   call_id         varchar   the source's id, else the record's number
--   site_id         varchar   site
--   line_id         varchar   line
--   station_id      varchar   station, null where only the line is known
--   raised_us       bigint    raised, microseconds since 1970
--   acknowledged_us bigint    help answered
--   resolved_us     bigint    closed
--   kind            varchar   process, quality, safety, material …
--   category        varchar   the source's text

select
    coalesce(call_id, 'record ' || record_id) as call_id,
    site_id,
    line_id,
    station_id,
    epoch_us(raised_at) as raised_us,
    epoch_us(acknowledged_at) as acknowledged_us,
    epoch_us(resolved_at) as resolved_us,
    coalesce(kind, 'process') as kind,
    category
from andon_calls
where
    raised_at >= $from_at
    and raised_at < $to_at
order by
    raised_at,
    call_id,
    station_id;
