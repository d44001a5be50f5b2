-- The sync log of a tenant, the newest first; what is null does not count. Of the projects given, or of all.
select l.id, l.at, f.connection_id, f.stream, f.scope as scope_text, l.direction, l.result, cardinality(l.keys) as records, l.calls,
    l.detail
from tiebeam.sync_log l
join tiebeam.feed f on f.id = l.feed_id
where l.tenant_id = %(tenant_id)s::uuid and f.tenant_id = %(tenant_id)s::uuid
    and l.at >= coalesce(%(since)s::timestamptz, '-infinity')
    and (%(before)s::bigint is null or l.id < %(before)s::bigint)
    and (%(result)s::text is null or l.result = %(result)s::text)
    and (%(stream)s::text is null or f.stream = %(stream)s::text)
    and (%(project)s::text is null or substring(f.scope from '^project_id=([^/]*)') = %(project)s::text)
    and (
        %(projects)s::text[] is null or f.scope = ''
        or substring(f.scope from '^project_id=([^/]*)') = any(%(projects)s::text[])
    )
order by l.id desc
limit %(limit)s
