-- Where intents are to go.
select id, target
from tiebeam.push_intent
where tenant_id = %(tenant_id)s::uuid and id = any(%(ids)s::uuid[])
