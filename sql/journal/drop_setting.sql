-- purpose: forget a setting
-- parameters: $key varchar
-- grain: none
-- columns: none

delete from settings
where key = $key;
