-- purpose: the report contract of the run
-- parameters: none
-- grain: one row
-- columns:
--   run_id     varchar   id of the run
--   created_at timestamp UTC
--   report     varchar   the report contract as JSON text

select
    run_id,
    created_at,
    report
from report;
