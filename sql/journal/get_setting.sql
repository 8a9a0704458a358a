-- purpose: the value of a setting
-- parameters: $key varchar
-- grain: one row, or none
-- columns:
--   value varchar its value

select value
from settings
where key = $key;
