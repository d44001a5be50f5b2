-- The live records within what a complete pull covered that no page of it held, and whether an earlier one missed them.
-- What pages held is hashed once and asked for each record: unlike a join, that takes no more time however wrong the
-- planner's guesses are (a session lets such a hash be large, and no key is ever null).
select r.key, r.missed_at is not null
from tiebeam.record r
where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = %(feed_id)s and r.state = 1
    and (%(day_from)s::date is null or r.day between %(day_from)s::date and %(day_to)s::date)
    and r.created_at < %(started_at)s::timestamptz
    and r.key not in (
        select unnest(p.keys)
        from tiebeam.pull_page p
        where p.tenant_id = %(tenant_id)s::uuid and p.pull_id = %(pull_id)s
    )
order by r.key
