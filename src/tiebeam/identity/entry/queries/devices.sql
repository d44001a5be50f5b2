-- Read every device of a company, the newest first.
select id, tenant_id, name, made_at, enrolled_at, seen_at, revoked_at
from tiebeam.device
where tenant_id = %(tenant_id)s
order by made_at desc, id
