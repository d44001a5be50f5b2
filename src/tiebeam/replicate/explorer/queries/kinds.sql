-- Every kind of record that may be seen, or those within a place: how many, and when they were last read. Where
-- more than so many of a kind lie in one place, no more are counted.
select f.stream, coalesce(sum(n.live), 0)::bigint as live, coalesce(sum(n.deleted), 0)::bigint as deleted,
    coalesce(sum(n.hidden), 0)::bigint as hidden, max(f.read_at) as read_at,
    coalesce(bool_or(n.counted >= %(most)s::bigint), false) as at_least
from tiebeam.feed f
left join lateral (
    select count(*) filter (where f.access = 'open' and c.state = 1) as live,
        count(*) filter (where f.access = 'gone' or c.state = 2) as deleted,
        count(*) filter (where f.access <> 'gone' and c.state <> 2 and (f.access <> 'open' or c.state = 3)) as hidden,
        count(*) as counted
    from (
        select r.state
        from tiebeam.record r
        where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.id
            and (%(visible)s::text[] is null or f.stream <> 'procore.projects' or r.key = any(%(visible)s::text[]))
        limit %(most)s::bigint
    ) c
) n on true
where f.tenant_id = %(tenant_id)s::uuid
    and (%(within)s::text is null or f.scope = %(within)s or starts_with(f.scope, %(within)s || '/'))
    and (%(connection)s::uuid is null or f.connection_id = %(connection)s::uuid)
    and (%(visible)s::text[] is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') is null
        or substring(f.scope from '(?:^|/)project_id=([^/]*)') = any(%(visible)s::text[]))
group by f.stream
order by f.stream
