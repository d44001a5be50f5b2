-- Items of a board group by group, each from its index; on from after a place.
with places as (
    select g.id, g.position,
        case when g.id = %(from_group)s::uuid then %(from_position)s::float8
            else '-Infinity'::float8 end as from_position,
        case when g.id = %(from_group)s::uuid then %(from_id)s::uuid
            else '00000000-0000-0000-0000-000000000000'::uuid end as from_id
    from tiebeam.work_group g
    where g.tenant_id = %(tenant_id)s::uuid and g.board_id = %(board_id)s::uuid and g.deleted_at is null
        and (%(group_id)s::uuid is null or g.id = %(group_id)s::uuid)
        and (%(from_group)s::uuid is null or (g.position, g.id) >= (
            select f.position, f.id from tiebeam.work_group f
            where f.tenant_id = %(tenant_id)s::uuid and f.id = %(from_group)s::uuid
        ))
)
select
-- include item
from places p
cross join lateral (
    select *
    from tiebeam.work_item o
    where o.tenant_id = %(tenant_id)s::uuid and o.board_id = %(board_id)s::uuid and o.group_id = p.id
        and o.deleted_at is null and (o.position, o.id) > (p.from_position, p.from_id)
        and (%(like)s::text is null or o.name ilike %(like)s::text)
        and (%(key)s::text is null
            or o.column_values ->> %(key)s::text is not distinct from %(label)s::text)
    order by o.position, o.id
    limit %(limit)s
) i
order by p.position, p.id, i.position, i.id
limit %(limit)s
