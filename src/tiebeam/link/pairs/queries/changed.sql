-- Who changed which field of a job and of an item last, and when; with the whole it came, at the latest.
select n.subject, n.field, w.at, w.actor_name
from unnest(%(subjects)b::text[], %(subject_ids)s::uuid[], %(fields)b::text[]) as n (subject, subject_id, field)
cross join lateral (
    select c.at, c.actor_name from tiebeam.work_change c
    where c.tenant_id = %(tenant_id)s::uuid and c.subject = n.subject and c.subject_id = n.subject_id
        and (c.field = n.field or c.what = 'created')
    order by c.id desc
    limit 1
) w
