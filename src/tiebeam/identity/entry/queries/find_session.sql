-- Read a session by the hash of its token.
select id, tenant_id, person_id, csrf, made_at, seen_at, expires_at, how, device_id
from tiebeam.session
where tenant_id = %(tenant_id)s and token_hash = %(hash)s
