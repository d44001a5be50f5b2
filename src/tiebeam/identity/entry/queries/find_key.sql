-- Read an API key by the hash of its secret.
select id, tenant_id, name, prefix, scopes, made_at, expires_at, used_at, revoked_at, replaced_by
from tiebeam.api_key
where tenant_id = %(tenant_id)s and secret_hash = %(hash)s
