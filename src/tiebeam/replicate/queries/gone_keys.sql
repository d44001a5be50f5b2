-- The live records that the vendor itself calls deleted in this pull, and does not also list as live.
select distinct g.key
from tiebeam.pull_page p
cross join lateral unnest(p.gone) as g (key)
join tiebeam.record r on r.feed_id = %(feed_id)s and r.key = g.key
where p.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid and p.pull_id = %(pull_id)s
    and r.state <> 2
order by g.key
