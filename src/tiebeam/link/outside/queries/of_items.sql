-- The mirrors of items of ours.
select
    -- include mirror
from tiebeam.outside_mirror m
where m.tenant_id = %(tenant_id)s::uuid and m.link_id = %(link_id)s::uuid and m.item_id = any(%(ids)s::uuid[])
order by m.made_at, m.id
