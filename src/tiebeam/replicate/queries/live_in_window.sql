-- How many live records feeds hold within a window of days: a count of none must then be read to be believed.
select r.feed_id, count(*)
from tiebeam.record r
where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = any(%(feed_ids)s::bigint[]) and r.state = 1
    and r.day between %(day_from)s::date and %(day_to)s::date
group by r.feed_id
