-- purpose: a fingerprint of everything loaded, whatever the order it came in
-- parameters: none
-- grain: one row
-- columns:
--   fingerprint varchar   hexadecimal

select coalesce(printf('%x', bit_xor(content_hash)), 'unhashed') || '-' || count(*) as fingerprint
from (
    select content_hash from cycles
    union all
    select content_hash from andon_calls
    union all
    select content_hash from detections
    union all
    select content_hash from stations
    union all
    select content_hash from standards
    union all
    select content_hash from calendar
    union all
    select content_hash from teams
) as loaded;
