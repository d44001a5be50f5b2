-- The change events of a project that can be chosen; a row without content for an empty list, none for no list.
select r.key, r.payload ->> 'number' as number, r.payload ->> 'title' as title,
    r.payload -> 'status' ->> 'name' as status
from tiebeam.feed f
left join tiebeam.record r on r.feed_id = f.id and r.tenant_id = f.tenant_id and r.state = 1
    and coalesce(r.payload ->> 'in_recycle_bin', 'false') <> 'true'
where f.tenant_id = %(tenant_id)s::uuid and f.connection_id = %(connection_id)s::uuid
    and f.stream = %(stream)s and f.scope = %(scope)s and f.access = 'open' and f.completed_at is not null
order by length(r.key) desc, r.key desc
limit %(limit)s
