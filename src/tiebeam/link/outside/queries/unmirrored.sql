-- Items of our board that have no mirror.
select i.id
from tiebeam.work_item i
where i.tenant_id = %(tenant_id)s::uuid and i.board_id = %(board_id)s::uuid and i.deleted_at is null
    and not exists (
        select from tiebeam.outside_mirror m
        where m.tenant_id = %(tenant_id)s::uuid and m.link_id = %(link_id)s::uuid and m.item_id = i.id
    )
order by i.created_at, i.id
limit %(limit)s
