-- The records of the same project that name this one by its id, among the newest of each kind there.
select w.field as "column", f.stream, f.scope as scope_text, r.feed_id, r.key, r.payload
from unnest(%(fields)s::text[], %(streams)s::text[], %(paths)s::text[]) as w (field, stream, path)
cross join lateral (
    select f.id, f.stream, f.scope, f.access, f.tenant_id from tiebeam.feed f
    where f.connection_id = %(connection)s::uuid and f.stream = w.stream
    offset 0
) f
cross join lateral (
    select l.feed_id, l.key, l.changed_at, s.payload
    from (
        select r.feed_id, r.key, r.changed_at from tiebeam.record r
        where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.id and r.state = 1
        order by r.changed_at desc, r.key
        limit %(look)s
    ) l
    cross join lateral (
        select r.payload from tiebeam.record r
        where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = l.feed_id and r.key = l.key
            and r.payload #>> string_to_array(w.path, '.') = %(key)s::text
        offset 0
    ) s
    order by l.changed_at desc, l.key
    limit %(limit)s
) r
where f.tenant_id = %(tenant_id)s::uuid and f.access = 'open'
    and substring(f.scope from '(?:^|/)project_id=([^/]*)') = %(project)s::text
order by f.stream, r.changed_at desc, r.key
limit %(limit)s
