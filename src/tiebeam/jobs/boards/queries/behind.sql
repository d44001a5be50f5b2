-- The item behind which another one is to stand: the last of its group, or the one before a given one.
select i.position, i.id
from tiebeam.work_item i
where i.tenant_id = %(tenant_id)s::uuid and i.board_id = %(board_id)s::uuid
    and i.group_id = %(group_id)s::uuid and i.deleted_at is null and i.id <> %(id)s::uuid
    and (%(before)s::uuid is null or (i.position, i.id) < (
        select b.position, b.id from tiebeam.work_item b
        where b.tenant_id = %(tenant_id)s::uuid and b.id = %(before)s::uuid
    ))
order by i.position desc, i.id desc
limit 1
