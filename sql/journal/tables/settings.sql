-- purpose: table settings of the journal: what the workspace remembers
-- parameters: none
-- grain: one row per setting
-- columns:
--   key   varchar name, such as timezone
--   value varchar its value

create table if not exists settings (
    key varchar primary key,
    value varchar not null
);
