-- purpose: keep a setting, in the place of an older value
-- parameters: $key varchar, $value varchar
-- grain: none
-- columns: none

insert into settings (key, value)
values ($key, $value)
on conflict (key) do update set value = excluded.value;
