-- Read every API key of a company, the newest first.
select id, tenant_id, name, prefix, scopes, made_at, expires_at, used_at, revoked_at, replaced_by
from tiebeam.api_key
where tenant_id = %(tenant_id)s
order by made_at desc, id
