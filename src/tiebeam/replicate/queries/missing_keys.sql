-- The live records within what a complete pull covered that no page of it held, and whether an earlier one missed them.
-- Both sides are grouped together: unlike a join, that takes no more time however wrong the planner's guesses are.
select key, bool_or(missed)
from (
    select r.key, r.missed_at is not null as missed, false as seen
    from tiebeam.record r
    where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = %(feed_id)s and r.state = 1
        and (%(day_from)s::date is null or r.day between %(day_from)s::date and %(day_to)s::date)
        and r.created_at < %(started_at)s::timestamptz
    union all
    select unnest(p.keys), false, true
    from tiebeam.pull_page p
    where p.tenant_id = %(tenant_id)s::uuid and p.pull_id = %(pull_id)s
) k
group by key
having not bool_or(seen)
order by key
