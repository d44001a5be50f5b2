-- Every record with this key that may be seen: the same vendor id may stand in several places.
with
-- include place
select
    -- include found
from place f
cross join lateral (
    select * from tiebeam.record r
    where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.id and r.key = %(key)s::text
    offset 0
) r
where (%(own)s::text[] is null or r.key = any(%(own)s::text[]))
    and (%(feed)s::bigint is null or f.id = %(feed)s::bigint)
order by f.id
limit %(limit)s
