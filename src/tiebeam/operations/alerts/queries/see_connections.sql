-- How each connection stands.
select id as connection_id, vendor, company_id, status, code, reason, action
from tiebeam.connection
where tenant_id = %(tenant_id)s::uuid
order by created_at, id
