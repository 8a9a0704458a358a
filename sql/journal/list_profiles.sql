-- purpose: the saved column mappings
-- parameters: none
-- grain: one row per mapping
-- columns:
--   name    varchar its name
--   profile varchar the mapping, as JSON

select
    name,
    profile
from profiles
order by name;
