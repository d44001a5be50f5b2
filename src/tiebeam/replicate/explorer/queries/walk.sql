-- The next records of one place that are wanted, in the order of their keys: none moves while it is read.
with
-- include place
select found.*
from (
    select r.feed_id, r.key, f.connection_id, f.scope, f.access
    from place f
    join tiebeam.record r on r.feed_id = f.id
    where f.id = %(feed)s::bigint and r.feed_id = %(feed)s::bigint
        and (%(after_key)s::text is null or r.key > %(after_key)s::text)
        and
        -- include wanted
    order by r.key
) f
cross join lateral (
    select
        -- include found
    from tiebeam.record r
    where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.feed_id and r.key = f.key
        and
        -- include said
    offset 0
) found
order by f.key
limit %(limit)s
