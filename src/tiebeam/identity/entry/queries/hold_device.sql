-- Read a device by its id, and hold it until the transaction ends.
select id, tenant_id, name, made_at, enrolled_at, seen_at, revoked_at
from tiebeam.device
where tenant_id = %(tenant_id)s and id = %(id)s
for update
