-- Read an API key by its id, and hold it until the transaction ends.
select id, tenant_id, name, prefix, scopes, made_at, expires_at, used_at, revoked_at, replaced_by
from tiebeam.api_key
where tenant_id = %(tenant_id)s and id = %(id)s
for update
