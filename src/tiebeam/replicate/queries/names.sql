-- What the living records of a stream are called, by their keys.
select r.key, coalesce(r.payload ->> 'name', r.payload ->> 'title', r.key) as name
from tiebeam.feed f
join tiebeam.record r on r.feed_id = f.id
where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
    and (%(connection_id)s::uuid is null or f.connection_id = %(connection_id)s::uuid)
    and f.stream = %(stream)s and r.state <> 2
order by 2, 1
limit %(limit)s
