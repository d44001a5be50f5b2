-- An intent, which nobody else changes until the transaction ends.
select
-- include intent
from tiebeam.push_intent i
where i.tenant_id = %(tenant_id)s::uuid and i.id = %(intent_id)s::uuid
for update
