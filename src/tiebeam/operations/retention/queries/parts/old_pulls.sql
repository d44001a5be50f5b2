-- Pulls that ended long ago, but for the last one of each feed, which tells how it was read.
from tiebeam.pull p
where p.tenant_id = %(tenant_id)s::uuid and p.status <> 'running' and p.ended_at < %(before)s::timestamptz
    and exists (
        select 1
        from tiebeam.pull later
        where later.tenant_id = p.tenant_id and later.feed_id = p.feed_id and later.id > p.id
    )
