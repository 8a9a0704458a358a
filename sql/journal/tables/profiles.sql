-- purpose: table profiles of the journal: column mappings that people saved
-- parameters: none
-- grain: one row per mapping
-- columns:
--   name    varchar its name
--   profile varchar the mapping, as JSON

create table if not exists profiles (
    name varchar primary key,
    profile varchar not null
);
