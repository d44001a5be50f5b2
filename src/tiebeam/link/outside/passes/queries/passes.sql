-- The last pass over each joined board.
select link_id, began_at, ended_at, calls, ours, theirs, refused
from tiebeam.outside_pass
where tenant_id = %(tenant_id)s::uuid
