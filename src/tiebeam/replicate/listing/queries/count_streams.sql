-- How much of each stream of a connection somebody may see there is.
select f.stream, coalesce(sum(n.live), 0)::bigint as live, coalesce(sum(n.deleted), 0)::bigint as deleted,
    coalesce(sum(n.hidden), 0)::bigint as hidden
from tiebeam.feed f
left join lateral (
    select count(*) filter (where r.state = 1) as live, count(*) filter (where r.state = 2) as deleted,
        count(*) filter (where r.state = 3) as hidden
    from tiebeam.record r
    where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.id
        and (%(projects)s::text[] is null or f.stream <> 'procore.projects' or r.key = any(%(projects)s))
) n on true
where f.tenant_id = %(tenant_id)s::uuid and f.connection_id = %(connection_id)s::uuid
    and (%(projects)s::text[] is null or substring(f.scope from 'project_id=([^/]*)') is null
        or substring(f.scope from 'project_id=([^/]*)') = any(%(projects)s))
group by f.stream
