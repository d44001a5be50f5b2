-- Boards by their ids, or all that are not deleted.
select b.id, b.name, b.purpose, b.version, b.created_at, b.deleted_at
from tiebeam.work_board b
where b.tenant_id = %(tenant_id)s::uuid
    and case when %(ids)s::uuid[] is null then b.deleted_at is null else b.id = any(%(ids)s::uuid[]) end
order by b.purpose nulls last, lower(b.name), b.id
