-- purpose: keep what an observer saw, in the place of an older answer to the same item
-- parameters: $draw_id varchar, $item integer, $observer varchar, $loaded_at varchar, $answer varchar
-- grain: none
-- columns: none

insert into audit_observations (draw_id, item, observer, loaded_at, answer)
values ($draw_id, $item, $observer, $loaded_at, $answer)
on conflict (draw_id, item, observer) do update set
    loaded_at = excluded.loaded_at,
    answer = excluded.answer;
