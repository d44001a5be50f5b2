-- Store deliveries that are new, and collapse what is to be fetched for them into one row a record.
with given as (
    select distinct on (g.hook_id, g.dedupe_id) g.*
    from unnest(%(hook_ids)b::uuid[], %(connection_ids)b::uuid[], %(dedupe_ids)b::text[],
        %(received_ats)b::timestamptz[], %(event_ats)b::timestamptz[], %(resources)b::text[],
        %(record_ids)b::text[], %(project_ids)b::text[], %(event_types)b::text[], %(fates)b::text[],
        %(sources)b::text[], %(bodies)b::bytea[], %(streams)b::text[], %(scopes)b::text[], %(keys)b::text[],
        %(correlation_ids)b::text[])
        as g (hook_id, connection_id, dedupe_id, received_at, event_at, resource, record_id, project_id,
            event_type, fate, source, body, stream, scope, key, correlation_id)
    order by g.hook_id, g.dedupe_id
), fresh as (
    insert into tiebeam.webhook_delivery (tenant_id, hook_id, dedupe_id, received_at, event_at, resource, record_id,
        project_id, event_type, fate, source, body, correlation_id)
    select %(tenant_id)s::uuid, hook_id, dedupe_id, received_at, event_at, resource, record_id, project_id,
        event_type, fate, source, body, correlation_id
    from given
    order by hook_id, dedupe_id
    on conflict (hook_id, dedupe_id) do nothing
    returning hook_id, dedupe_id
), collapsed as (
    insert into tiebeam.webhook_pending as p (tenant_id, connection_id, stream, scope, key, deleted, first_at, last_at,
        received_at, next_at, correlation_id)
    select %(tenant_id)s::uuid, g.connection_id, g.stream, g.scope, g.key, bool_or(g.event_type = 'delete'),
        min(g.event_at), max(g.event_at), min(g.received_at), min(g.received_at),
        (array_agg(g.correlation_id order by g.received_at))[1]
    from given g
    join fresh using (hook_id, dedupe_id)
    where g.fate = 'fetch'
    group by g.connection_id, g.stream, g.scope, g.key
    order by g.connection_id, g.stream, g.scope, g.key
    on conflict (connection_id, stream, scope, key) do update
    set deleted = p.deleted or excluded.deleted, first_at = least(p.first_at, excluded.first_at),
        last_at = greatest(p.last_at, excluded.last_at), generation = p.generation + 1, attempts = 0,
        next_at = excluded.next_at
)
select count(*) from fresh
