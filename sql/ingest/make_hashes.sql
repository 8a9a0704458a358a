-- purpose: an empty table for the hashes of a file's records, gone with the connection
-- parameters: none
-- grain: none
-- columns: none

create or replace temp table staged_hashes (
    row bigint,
    content_hash uhugeint
);
