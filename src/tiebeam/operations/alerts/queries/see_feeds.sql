-- For each stream of a connection that can be read: the oldest reading, and how many places are later than the limit.
select f.connection_id, f.stream, f.completed_at is null as unread,
    min(coalesce(case when f.completed_at is not null then f.read_at end, c.created_at)) as oldest_at,
    count(*) filter (where f.read_at < %(at)s::timestamptz - make_interval(mins => (2 * e.minutes)::integer)) as places,
    e.title, e.minutes
from tiebeam.feed f
join tiebeam.connection c on c.id = f.connection_id
join unnest(%(streams)s::text[], %(titles)s::text[], %(minutes)s::double precision[]) as e (stream, title, minutes)
    on e.stream = f.stream
where f.tenant_id = %(tenant_id)s::uuid and c.tenant_id = %(tenant_id)s::uuid and c.status = 'connected'
    and f.access = 'open'
group by f.connection_id, f.stream, f.completed_at is null, e.title, e.minutes
order by f.connection_id, f.stream
