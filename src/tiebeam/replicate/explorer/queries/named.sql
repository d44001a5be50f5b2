-- The records that another one names by their ids, as far as they may be seen.
select w.field as "column", f.stream, f.scope as scope_text, r.feed_id, r.key, r.payload
from unnest(%(fields)s::text[], %(streams)s::text[], %(keys)s::text[]) as w (field, stream, key)
cross join lateral (
    select f.id, f.stream, f.scope, f.tenant_id from tiebeam.feed f
    where f.connection_id = %(connection)s::uuid and f.stream = w.stream
    offset 0
) f
cross join lateral (
    select r.feed_id, r.key, r.payload from tiebeam.record r
    where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.id and r.key = w.key
    offset 0
) r
where f.tenant_id = %(tenant_id)s::uuid
    and (substring(f.scope from '(?:^|/)project_id=([^/]*)') is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') = %(project)s::text)
    and (%(visible)s::text[] is null or f.stream <> 'procore.projects' or r.key = any(%(visible)s::text[]))
order by w.field, f.id
limit %(limit)s
