-- What the replica has of some records, in whichever feed of the stream within the project.
select r.feed_id, r.key, r.state, r.vendor_at, r.day
from tiebeam.feed f
join tiebeam.record r on r.feed_id = f.id
where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
    and f.connection_id = %(connection_id)s::uuid and f.id = any(%(feed_ids)b::bigint[])
    and r.key = any(%(keys)b::text[])
