-- What a vendor says of its projects, those included that can no longer be seen.
select r.key as id, coalesce(r.payload ->> 'name', r.payload ->> 'display_name', r.key) as name,
    coalesce(r.payload ->> 'project_number', '') as number,
    concat_ws(', ', r.payload ->> 'address', r.payload ->> 'city') as address,
    coalesce(r.payload -> 'project_stage' ->> 'name',
        case r.payload ->> 'active' when 'true' then 'active' when 'false' then 'inactive' else '' end) as status,
    r.state <> 1 as gone
from tiebeam.feed f
join tiebeam.record r on r.feed_id = f.id
where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
    and f.connection_id = %(connection_id)s::uuid and f.stream = %(stream)s
order by 2, 1
