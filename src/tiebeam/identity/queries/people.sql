-- Read everybody of a company.
select id, tenant_id, email, name, role, active, password_hash is not null as has_password, pin_hash is not null as has_pin, project_ids, made_at, signed_in_at
from tiebeam.person
where tenant_id = %(tenant_id)s
order by lower(name), email
