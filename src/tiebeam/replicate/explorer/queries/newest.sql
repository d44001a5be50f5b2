-- A page of the records that are wanted, the newest change first, between two marks in that order. They are
-- ordered by the index alone, and each is read in its turn until there are enough.
with
-- include place
select found.*
from (
    select n.feed_id, n.key, n.changed_at, f.connection_id, f.scope, f.access
    from place f
    cross join lateral (
        select r.feed_id, r.key, r.changed_at
        from tiebeam.record r
        where
            -- include wanted
            and
            -- include span
        order by r.changed_at desc, r.key
        limit %(look)s::bigint
    ) n
    order by n.changed_at desc, n.feed_id, n.key
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
order by f.changed_at desc, f.feed_id, f.key
limit %(limit)s
