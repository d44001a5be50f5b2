-- The live records within what a complete pull covered that no page of it held, and whether an earlier one missed them.
select r.key, r.missed_at is not null
from tiebeam.record r
where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = %(feed_id)s and r.state = 1
    and (%(day_from)s::date is null or r.day between %(day_from)s::date and %(day_to)s::date)
    and r.created_at < %(started_at)s::timestamptz
    and not exists (
        select 1
        from (
            select unnest(keys) as key
            from tiebeam.pull_page
            where tenant_id = %(tenant_id)s::uuid and pull_id = %(pull_id)s
        ) seen
        where seen.key = r.key
    )
order by r.key
