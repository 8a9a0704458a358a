-- purpose: write down a load
-- parameters: $batch_id varchar, $created_at varchar, $file varchar, $member varchar, $table_name varchar,
--   $sha256 varchar, $status varchar, $outcome varchar
-- grain: none
-- columns: none

insert into batches (batch_id, created_at, file, member, table_name, sha256, status, outcome)
values ($batch_id, $created_at, $file, $member, $table_name, $sha256, $status, $outcome);
