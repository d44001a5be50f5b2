-- The keys of the live records of a stream, by scope: what narrower scopes are made from.
select f.scope, r.key
from tiebeam.feed f
join tiebeam.record r on r.feed_id = f.id
where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
    and f.connection_id = %(connection_id)s::uuid and f.stream = %(stream)s
    and f.access = 'open' and r.state = 1
order by f.scope, r.key
