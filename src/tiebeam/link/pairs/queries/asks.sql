-- The pairs of which somebody has to say what is to become, the longest waiting first.
select
    -- include pair
from tiebeam.link_pair p
where p.tenant_id = %(tenant_id)s::uuid and p.state = 'asks'
    and (%(id)s::uuid is null or (p.changed_at, p.id) > (%(at)s::timestamptz, %(id)s::uuid))
order by p.changed_at, p.id
limit %(limit)s
