-- A joined board.
select
    -- include link
from tiebeam.outside_link l
where l.tenant_id = %(tenant_id)s::uuid and l.id = %(id)s::uuid
