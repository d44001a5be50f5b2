-- The records of a stream that are no longer live, by scope: their children cannot be read.
select f.scope, r.key, r.state
from tiebeam.feed f
join tiebeam.record r on r.feed_id = f.id
where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
    and f.connection_id = %(connection_id)s::uuid and f.stream = %(stream)s and r.state <> 1
order by f.scope, r.key
