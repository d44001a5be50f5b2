-- How many mirrors of a joined board stand how, and how many conflicts are open.
select m.state, count(*), coalesce(sum(c.open), 0)
from tiebeam.outside_mirror m
cross join lateral (
    select count(*) as open from tiebeam.outside_conflict c
    where c.tenant_id = %(tenant_id)s::uuid and c.mirror_id = m.id and c.state = 'open'
) c
where m.tenant_id = %(tenant_id)s::uuid and m.link_id = %(link_id)s::uuid
group by m.state
