-- The mirrors of which somebody has to say what is to become, the longest waiting first.
select
    -- include mirror
from tiebeam.outside_mirror m
join tiebeam.outside_link l on l.tenant_id = m.tenant_id and l.id = m.link_id and l.state = 'on'
where m.tenant_id = %(tenant_id)s::uuid and m.state = 'asks'
order by m.changed_at, m.id
limit %(limit)s
