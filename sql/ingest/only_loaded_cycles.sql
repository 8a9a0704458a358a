-- purpose: loaded cycles of the stations and the time of a file that stand only in what is loaded; reads the relations
--   spans (line_id, station_id, first_at and last_at of the file's records), overlapping (record_id of loaded ones
--   that the file gives other values) and staged_hashes
-- parameters: none
-- grain: one row
-- columns:
--   records bigint loaded records

select count(distinct known.record_id) as records
from cycles as known
inner join spans
    on known.station_id is not distinct from spans.station_id
    and (known.line_id = spans.line_id or known.line_id is null or spans.line_id is null)
    and coalesce(known.ended_at, known.completed_at, known.started_at) between spans.first_at and spans.last_at
where
    known.content_hash not in (select staged_hashes.content_hash from staged_hashes)
    and known.record_id not in (select overlapping.record_id from overlapping);
