-- A mirror.
select
    -- include mirror
from tiebeam.outside_mirror m
where m.tenant_id = %(tenant_id)s::uuid and m.id = %(id)s::uuid
