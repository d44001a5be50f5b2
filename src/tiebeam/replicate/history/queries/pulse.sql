-- What changes when a tenant's runs, feeds, holds or connections do: one text a topic, which says nothing by itself.
select
    (
        select concat_ws('/', max(r.id), max(r.ended_at), max(r.seen_at))
        from tiebeam.sync_run r where r.tenant_id = %(tenant_id)s::uuid
    ) as runs,
    (
        select concat_ws('/', max(f.read_at), count(*), count(*) filter (where f.access <> 'open'))
        from tiebeam.feed f
        where f.tenant_id = %(tenant_id)s::uuid and (
            %(projects)s::text[] is null or f.scope = ''
            or substring(f.scope from '^project_id=([^/]*)') = any(%(projects)s::text[])
        )
    ) as freshness,
    (
        select concat_ws('/', max(h.id), count(*) filter (where h.status = 'waiting'))
        from tiebeam.hold h
        join tiebeam.feed f on f.id = h.feed_id
        where h.tenant_id = %(tenant_id)s::uuid and f.tenant_id = %(tenant_id)s::uuid and (
            %(projects)s::text[] is null or f.scope = ''
            or substring(f.scope from '^project_id=([^/]*)') = any(%(projects)s::text[])
        )
    ) as deletions,
    (
        select string_agg(concat_ws('/', c.id, c.status, c.since, c.code), ' ' order by c.id)
        from tiebeam.connection c where c.tenant_id = %(tenant_id)s::uuid
    ) as connections
