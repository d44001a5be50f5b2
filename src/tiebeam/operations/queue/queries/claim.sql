-- Take jobs that are due, fairly between tenants.
select id, tenant_id, kind, key, args, attempt, enqueued_at
from tiebeam.queue_claim(
    %(worker)s::bigint, %(at)s, %(capacity)s::integer, %(tenant_max)s::integer, %(kinds)s::text[]
)
