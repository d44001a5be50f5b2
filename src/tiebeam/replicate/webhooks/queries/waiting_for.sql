-- What is still to be fetched for a connection, by kind and project; of the projects given, or of all.
select p.stream, p.scope as scope_text, count(*)::integer as records, min(p.received_at) as oldest_at,
    min(p.next_at) as next_at, max(p.attempts)::integer as attempts, max(p.last_error) as last_error
from tiebeam.webhook_pending p
where p.tenant_id = %(tenant_id)s::uuid and p.connection_id = %(connection_id)s::uuid
    and (
        %(projects)s::text[] is null or p.scope = ''
        or substring(p.scope from '^project_id=([^/]*)') = any(%(projects)s::text[])
    )
group by p.stream, p.scope
order by oldest_at, p.stream, p.scope
limit %(limit)s
