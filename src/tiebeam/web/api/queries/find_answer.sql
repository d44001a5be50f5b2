-- What an idempotency key stands for.
select request_hash, status, media_type, location, body
from tiebeam.idempotency
where tenant_id = %(tenant_id)s::uuid and caller = %(caller)s and key = %(key)s
