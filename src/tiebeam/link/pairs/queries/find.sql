-- A pair.
select
    -- include pair
from tiebeam.link_pair p
where p.tenant_id = %(tenant_id)s::uuid and p.id = %(id)s::uuid
