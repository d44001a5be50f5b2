-- Who changed which field of an item last, and when; with the whole it came, at the latest.
select n.field, w.at, w.actor_name
from unnest(%(fields)b::text[]) as n (field)
cross join lateral (
    select c.at, c.actor_name from tiebeam.work_change c
    where c.tenant_id = %(tenant_id)s::uuid and c.subject = 'item' and c.subject_id = %(item_id)s::uuid
        and (c.field = n.field or c.what = 'created')
    order by c.id desc
    limit 1
) w
