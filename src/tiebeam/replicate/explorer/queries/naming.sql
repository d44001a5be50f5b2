-- The records of the same project that name this one by its id.
select w.field as "column", f.stream, f.scope as scope_text, r.feed_id, r.key, r.payload
from unnest(%(fields)s::text[], %(streams)s::text[], %(paths)s::text[]) as w (field, stream, path)
join tiebeam.feed f on f.stream = w.stream
join tiebeam.record r on r.feed_id = f.id
where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
    and f.connection_id = %(connection)s::uuid and f.access = 'open' and r.state = 1
    and substring(f.scope from '(?:^|/)project_id=([^/]*)') = %(project)s::text
    and r.payload #>> string_to_array(w.path, '.') = %(key)s::text
order by f.stream, r.changed_at desc, r.key
limit %(limit)s
