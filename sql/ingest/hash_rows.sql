-- purpose: hash records; reads the relation slice: row and content (all mapped values of a record as one text)
-- parameters: none
-- grain: none
-- columns: none

insert into staged_hashes (row, content_hash)
select
    row,
    md5_number(content) as content_hash
from slice;
