-- The items before which another one is to stand, in their order; none when it comes last.
select i.position, i.id
from tiebeam.work_item i
join tiebeam.work_item b on b.tenant_id = i.tenant_id and b.id = %(before)s::uuid
    and b.board_id = i.board_id and b.group_id = i.group_id and b.deleted_at is null
where i.tenant_id = %(tenant_id)s::uuid and i.board_id = %(board_id)s::uuid
    and i.group_id = %(group_id)s::uuid and i.deleted_at is null and i.id <> %(id)s::uuid
    and (i.position, i.id) >= (b.position, b.id)
order by i.position, i.id
limit %(limit)s
