-- How each stream of a connection stands: how much there is, how fresh it is, what is wrong.
select f.stream, count(*) as feeds,
    count(*) filter (where f.completed_at is not null) as feeds_complete,
    count(*) filter (where f.access = 'off') as feeds_off,
    count(*) filter (where f.access in ('hidden', 'gone')) as feeds_hidden,
    coalesce(sum(n.live), 0)::bigint as live, coalesce(sum(n.deleted), 0)::bigint as deleted,
    coalesce(sum(n.hidden), 0)::bigint as hidden,
    min(f.read_at) filter (where f.access = 'open') as oldest_read_at, max(f.read_at) as newest_read_at,
    count(*) filter (where f.last_error is not null) as feeds_failing, max(f.last_error) as last_error
from tiebeam.feed f
left join lateral (
    select count(*) filter (where r.state = 1) as live, count(*) filter (where r.state = 2) as deleted,
        count(*) filter (where r.state = 3) as hidden
    from tiebeam.record r
    where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.id
) n on true
where f.tenant_id = %(tenant_id)s::uuid and f.connection_id = %(connection_id)s::uuid
group by f.stream
order by f.stream
