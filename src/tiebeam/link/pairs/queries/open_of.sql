-- What somebody is being asked about pairs.
select
    -- include conflict
from tiebeam.link_conflict c
join tiebeam.link_pair p on p.tenant_id = c.tenant_id and p.id = c.pair_id
where c.tenant_id = %(tenant_id)s::uuid and c.pair_id = any(%(pair_ids)s::uuid[]) and c.state = 'open'
