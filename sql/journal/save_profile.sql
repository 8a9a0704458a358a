-- purpose: keep a column mapping under a name, in the place of an older one
-- parameters: $name varchar, $profile varchar
-- grain: none
-- columns: none

insert into profiles (name, profile)
values ($name, $profile)
on conflict (name) do update set profile = excluded.profile;
