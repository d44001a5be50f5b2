-- Conflicts, the newest first: those that wait for somebody, or all.
select
    -- include conflict
from tiebeam.link_conflict c
join tiebeam.link_pair p on p.tenant_id = c.tenant_id and p.id = c.pair_id
where c.tenant_id = %(tenant_id)s::uuid
    and (not %(open)s::boolean or (c.state = 'open' and p.state <> 'unlinked'))
    and (%(job_id)s::uuid is null or p.job_id = %(job_id)s::uuid)
    and (%(id)s::uuid is null or c.found_at < %(at)s::timestamptz
        or (c.found_at = %(at)s::timestamptz and c.id > %(id)s::uuid))
order by c.found_at desc, c.id
limit %(limit)s
