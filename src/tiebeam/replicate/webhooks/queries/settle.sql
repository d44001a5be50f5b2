-- What was fetched waits no longer, unless a further delivery came meanwhile.
delete from tiebeam.webhook_pending p
using unnest(%(keys)b::text[], %(generations)b::bigint[]) as n (key, generation)
where p.tenant_id = %(tenant_id)s::uuid and p.connection_id = %(connection_id)s::uuid and p.stream = %(stream)s
    and p.scope = %(scope)s and p.key = n.key and p.generation = n.generation
