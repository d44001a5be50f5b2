-- Say what became of jobs and take others that are due, fairly between tenants; a row without a tenant is a
-- job that could not be told of now, because somebody is changing it.
select id, tenant_id, kind, key, args, attempt, enqueued_at
from tiebeam.queue_exchange(
    %(worker)s::bigint, %(at)s, %(done)b::bigint[], %(done_wished)b::timestamptz[], %(ids)b::bigint[],
    %(wished)b::timestamptz[], %(verdicts)b::text[], %(untils)s::timestamptz[], %(whys)s::text[],
    %(capacity)s::integer, %(tenant_max)s::integer, %(kinds)b::text[]
)
