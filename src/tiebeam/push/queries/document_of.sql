-- Which document an intent is about, and where it is to go.
select document_id, target
from tiebeam.push_intent
where tenant_id = %(tenant_id)s::uuid and id = %(intent_id)s::uuid
