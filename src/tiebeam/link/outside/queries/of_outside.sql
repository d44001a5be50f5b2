-- The mirrors of items there.
select
    -- include mirror
from tiebeam.outside_mirror m
where m.tenant_id = %(tenant_id)s::uuid and m.link_id = %(link_id)s::uuid
    and m.outside_id = any(%(ids)b::text[])
order by m.made_at, m.id
