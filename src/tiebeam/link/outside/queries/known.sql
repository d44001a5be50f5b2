-- Which items there have a mirror, and how it stands.
select m.outside_id, m.state
from tiebeam.outside_mirror m
where m.tenant_id = %(tenant_id)s::uuid and m.link_id = %(link_id)s::uuid and m.outside_id is not null
