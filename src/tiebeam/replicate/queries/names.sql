-- What the living records of a stream are called, by their keys; each feed's in turn, however many others hold.
select r.key, coalesce(r.payload ->> 'name', r.payload ->> 'title', r.key) as name
from tiebeam.feed f
cross join lateral (
    select r.key, r.payload from tiebeam.record r
    where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.id and r.state <> 2
    offset 0
) r
where f.tenant_id = %(tenant_id)s::uuid and f.stream = %(stream)s
    and (%(connection_id)s::uuid is null or f.connection_id = %(connection_id)s::uuid)
order by 2, 1
limit %(limit)s
