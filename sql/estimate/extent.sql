-- purpose: how many cycles the warehouse holds and the time they span
-- parameters: none
-- grain: one row
-- columns:
--   records  bigint     cycle records
--   first_at timestamp  first end
--   last_at  timestamp  last end

select
    count(*) as records,
    min(coalesce(ended_at, completed_at)) as first_at,
    max(coalesce(ended_at, completed_at)) as last_at
from cycles;
