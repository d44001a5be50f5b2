-- The groups of boards.
select g.id, g.board_id, g.title, g.position
from tiebeam.work_group g
where g.tenant_id = %(tenant_id)s::uuid and g.deleted_at is null
    and (%(ids)s::uuid[] is null or g.board_id = any(%(ids)s::uuid[]))
order by g.board_id, g.position, g.id
