-- How many different records each segment of a pull held, less those that a later segment (a recycle bin) calls
-- deleted, against the vendor's own last count: with one more gone and one more come, the count alone would agree.
with gone as (
    select g.key collate "C" as key, max(p.segment) as segment
    from tiebeam.pull_page p
    cross join lateral unnest(p.gone) as g (key)
    where p.tenant_id = %(tenant_id)s::uuid and p.pull_id = %(pull_id)s
    group by 1
), held as (
    select k.segment, count(distinct k.key) filter (where gone.segment is null or gone.segment <= k.segment) as records
    from (
        select p.segment, unnest(p.keys || p.gone) collate "C" as key
        from tiebeam.pull_page p
        where p.tenant_id = %(tenant_id)s::uuid and p.pull_id = %(pull_id)s
    ) k
    left join gone on gone.key = k.key
    group by k.segment
)
select distinct on (p.segment) p.segment, coalesce(held.records, 0), p.total
from tiebeam.pull_page p
left join held on held.segment = p.segment
where p.tenant_id = %(tenant_id)s::uuid and p.pull_id = %(pull_id)s
order by p.segment, p.page desc
