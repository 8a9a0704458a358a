-- purpose: keep a setting unless there is one
-- parameters: $key varchar, $value varchar
-- grain: none
-- columns: none

insert into settings (key, value)
values ($key, $value)
on conflict (key) do nothing;
