-- How many different records each segment of a pull held, less those that a later segment (a recycle bin) calls
-- deleted, against the vendor's own last count: with one more gone and one more come, the count alone would agree.
with gone as (
    select g.key, max(p.segment) as segment
    from tiebeam.pull_page p
    cross join lateral unnest(p.gone) as g (key)
    where p.tenant_id = %(tenant_id)s::uuid and p.pull_id = %(pull_id)s
    group by g.key
)
select p.segment, count(distinct k.key collate "C") filter (where gone.segment is null or gone.segment <= p.segment),
    (array_agg(p.total order by p.page desc))[1]
from tiebeam.pull_page p
left join lateral unnest(p.keys || p.gone) as k (key) on true
left join gone on gone.key = k.key
where p.tenant_id = %(tenant_id)s::uuid and p.pull_id = %(pull_id)s
group by p.segment
order by p.segment
