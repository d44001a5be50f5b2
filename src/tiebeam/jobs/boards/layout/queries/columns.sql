-- The columns of boards.
select c.id, c.board_id, c.key, c.title, c.kind, c.position, c.labels
from tiebeam.work_column c
where c.tenant_id = %(tenant_id)s::uuid and c.deleted_at is null
    and (%(ids)s::uuid[] is null or c.board_id = any(%(ids)s::uuid[]))
order by c.board_id, c.position, c.id
