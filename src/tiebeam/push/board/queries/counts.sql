-- How many documents are in each state; of these projects, or of all.
select state, count(*)::integer as documents
from tiebeam.push_intent
where tenant_id = %(tenant_id)s::uuid and (%(projects)s::text[] is null or project = any(%(projects)s::text[]))
group by state
order by state
