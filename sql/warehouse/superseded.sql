-- purpose: table superseded: records that a corrected export replaced, kept so that undoing it brings them back
-- parameters: none
-- grain: one row per replaced record
-- columns:
--   table_name    varchar  the canonical table it stood in
--   record_id     bigint   its number there
--   batch_id      varchar  the load it came with (journal)
--   content_hash  uhugeint hash of all its mapped values
--   superseded_by varchar  the load that replaced it
--   replaced_by   uhugeint content_hash of the record that stands in its place
--   record        json     the record as it was, every column

create table if not exists superseded (
    table_name varchar,
    record_id bigint,
    batch_id varchar,
    content_hash uhugeint,
    superseded_by varchar,
    replaced_by uhugeint,
    record json
);
