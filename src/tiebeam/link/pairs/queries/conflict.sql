-- A conflict.
select
    -- include conflict
from tiebeam.link_conflict c
join tiebeam.link_pair p on p.tenant_id = c.tenant_id and p.id = c.pair_id
where c.tenant_id = %(tenant_id)s::uuid and c.id = %(id)s::uuid
