-- purpose: write down that a load is being undone
-- parameters: $batch_id varchar, $begun_at varchar, $way varchar, $counts varchar
-- grain: none
-- columns: none

insert into undos (batch_id, begun_at, way, counts)
values ($batch_id, $begun_at, $way, $counts)
on conflict (batch_id) do nothing;
