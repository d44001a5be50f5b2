-- The mirrors whose item there is to be written and not known to be.
select
    -- include mirror
from tiebeam.outside_mirror m
where m.tenant_id = %(tenant_id)s::uuid and m.link_id = %(link_id)s::uuid and m.state = 'linked'
    and (m.outside_id is null or m.sent <> '{}'::jsonb)
order by m.made_at, m.id
limit %(limit)s
