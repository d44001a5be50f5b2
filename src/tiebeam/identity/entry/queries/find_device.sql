-- Read a device by the hash of its token.
select id, tenant_id, name, made_at, enrolled_at, seen_at, revoked_at
from tiebeam.device
where tenant_id = %(tenant_id)s and token_hash = %(hash)s
