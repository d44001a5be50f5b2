-- The records of a connection that are to be fetched now, those that waited longest first.
select stream, scope as scope_text, key, deleted, first_at, last_at, generation, attempts, correlation_id
from tiebeam.webhook_pending
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid and next_at <= %(at)s::timestamptz
order by received_at, stream, scope, key
limit %(limit)s
