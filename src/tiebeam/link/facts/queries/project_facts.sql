-- What the copy holds of one project that a document is checked against; a row without content for an empty list.
select f.stream, r.key, coalesce(r.payload ->> 'name', r.payload ->> 'title') as name,
    r.payload ->> 'code' as code, r.payload ->> 'full_code' as full_code,
    r.payload ->> 'engine_name' as engine, r.payload ->> 'is_active' as active,
    r.payload ->> 'budgeted' as budgeted, r.payload -> 'line_item_types' as line_item_types,
    r.payload -> 'work_classification' ->> 'id' as classification_id,
    r.payload -> 'work_classification' ->> 'name' as classification
from tiebeam.feed f
left join tiebeam.record r on r.feed_id = f.id and r.tenant_id = f.tenant_id and r.state = 1
where f.tenant_id = %(tenant_id)s::uuid and f.connection_id = %(connection_id)s::uuid
    and f.stream = any(%(streams)b::text[]) and f.scope = %(scope)s
    and f.access = 'open' and f.completed_at is not null
order by f.stream, r.key
