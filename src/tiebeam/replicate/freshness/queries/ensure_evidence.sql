-- Make sure that there is evidence of a feed of this connection, so that it can be locked.
insert into tiebeam.feed_evidence (feed_id, tenant_id)
select id, tenant_id
from tiebeam.feed
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid and id = %(feed_id)s::bigint
on conflict (feed_id) do nothing
