-- purpose: keep what was drawn for an audit
-- parameters: $draw_id varchar, $created_at varchar, $mode varchar, $run_id varchar, $details varchar,
--   $items varchar
-- grain: none
-- columns: none

insert into audit_draws (draw_id, created_at, mode, run_id, details, items)
values ($draw_id, $created_at, $mode, $run_id, $details, $items);
