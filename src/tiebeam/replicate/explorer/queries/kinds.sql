-- Every kind of record that may be seen, or those within a place: how many, and when they were last read.
select f.stream, coalesce(sum(n.live), 0)::bigint as live, coalesce(sum(n.deleted), 0)::bigint as deleted,
    coalesce(sum(n.hidden), 0)::bigint as hidden, max(f.read_at) as read_at
from tiebeam.feed f
left join lateral (
    select count(*) filter (where f.access = 'open' and r.state = 1) as live,
        count(*) filter (where f.access = 'gone' or r.state = 2) as deleted,
        count(*) filter (where f.access <> 'gone' and r.state <> 2 and (f.access <> 'open' or r.state = 3)) as hidden
    from tiebeam.record r
    where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.id
        and (%(visible)s::text[] is null or f.stream <> 'procore.projects' or r.key = any(%(visible)s::text[]))
) n on true
where f.tenant_id = %(tenant_id)s::uuid
    and (%(within)s::text is null or f.scope = %(within)s or starts_with(f.scope, %(within)s || '/'))
    and (%(connection)s::uuid is null or f.connection_id = %(connection)s::uuid)
    and (%(visible)s::text[] is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') is null
        or substring(f.scope from '(?:^|/)project_id=([^/]*)') = any(%(visible)s::text[]))
group by f.stream
order by f.stream
