-- The last place that is taken in each group of boards.
select g.id, coalesce((
    select i.position from tiebeam.work_item i
    where i.tenant_id = g.tenant_id and i.board_id = g.board_id and i.group_id = g.id and i.deleted_at is null
    order by i.position desc, i.id desc limit 1
), 0)
from tiebeam.work_group g
where g.tenant_id = %(tenant_id)s::uuid and g.board_id = any(%(board_ids)s::uuid[]) and g.deleted_at is null
