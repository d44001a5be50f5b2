-- How many documents wait for a person, and since when the oldest of them was wanted.
select count(*)::integer as documents, min(wanted_at) as since, (array_agg(cause order by wanted_at))[1] as cause
from tiebeam.push_intent
where tenant_id = %(tenant_id)s::uuid and state in ('blocked', 'failed', 'done_with_failures')
having count(*) > 0
