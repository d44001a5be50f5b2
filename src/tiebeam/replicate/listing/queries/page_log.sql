-- Entries of the sync log that somebody may see, the newest first, before a place.
select l.id, l.at, f.connection_id, f.stream, f.scope as scope_text, l.direction, l.result,
    cardinality(l.keys) as records, l.calls, l.detail
from tiebeam.sync_log l
join tiebeam.feed f on f.id = l.feed_id
where l.tenant_id = %(tenant_id)s::uuid and f.tenant_id = %(tenant_id)s::uuid
    and (%(before)s::bigint is null or l.id < %(before)s)
    and (%(stream)s::text is null or f.stream = %(stream)s)
    and (%(result)s::text is null or l.result = %(result)s)
    and (%(projects)s::text[] is null or substring(f.scope from 'project_id=([^/]*)') is null
        or substring(f.scope from 'project_id=([^/]*)') = any(%(projects)s))
order by l.id desc
limit %(limit)s
