-- What could not be settled is looked for again later, unless a further delivery came meanwhile.
update tiebeam.webhook_pending p
set attempts = p.attempts + %(attempt)s, next_at = n.next_at, last_error = %(error)s
from unnest(%(keys)b::text[], %(generations)b::bigint[], %(next_ats)b::timestamptz[]) as n (key, generation, next_at)
where p.tenant_id = %(tenant_id)s::uuid and p.connection_id = %(connection_id)s::uuid and p.stream = %(stream)s
    and p.scope = %(scope)s and p.key = n.key and p.generation = n.generation
