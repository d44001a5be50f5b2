-- The records that another one names by their ids, as far as they may be seen.
select w.field as "column", f.stream, f.scope as scope_text, r.feed_id, r.key, r.payload
from unnest(%(fields)s::text[], %(streams)s::text[], %(keys)s::text[]) as w (field, stream, key)
join tiebeam.feed f on f.stream = w.stream
join tiebeam.record r on r.feed_id = f.id and r.key = w.key
where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
    and f.connection_id = %(connection)s::uuid
    and (substring(f.scope from '(?:^|/)project_id=([^/]*)') is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') = %(project)s::text)
    and (%(visible)s::text[] is null or f.stream <> 'procore.projects' or r.key = any(%(visible)s::text[]))
order by w.field, f.id
limit %(limit)s
