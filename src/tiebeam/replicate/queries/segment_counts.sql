-- How many different records each segment of a pull held, against the vendor's own last count.
select p.segment, count(distinct k.key), (array_agg(p.total order by p.page desc))[1]
from tiebeam.pull_page p
left join lateral unnest(p.keys || p.gone) as k (key) on true
where p.tenant_id = %(tenant_id)s::uuid and p.pull_id = %(pull_id)s
group by p.segment
order by p.segment
