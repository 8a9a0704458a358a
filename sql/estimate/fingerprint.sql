-- purpose: a fingerprint of everything loaded, whatever the order it came in
-- parameters: none
-- grain: one row
-- columns:
--   fingerprint varchar   hexadecimal

select coalesce(printf('%x', bit_xor(hash(content_hash, occurrence))), 'unhashed') || '-' || count(*) as fingerprint
from (
    select
        content_hash,
        occurrence
    from cycles
    union all
    select
        content_hash,
        occurrence
    from andon_calls
    union all
    select
        content_hash,
        occurrence
    from detections
    union all
    select
        content_hash,
        occurrence
    from stations
    union all
    select
        content_hash,
        occurrence
    from standards
    union all
    select
        content_hash,
        occurrence
    from calendar
    union all
    select
        content_hash,
        occurrence
    from teams
) as loaded;
