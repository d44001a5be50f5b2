-- The files of the archive, oldest first.
select id, name, sha256, size_bytes, rows, first_id, last_id, first_at, last_at, status, written_at, restored_at
from tiebeam.log_archive
where tenant_id = %(tenant_id)s::uuid
order by first_id, id
