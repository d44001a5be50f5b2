-- One connection of a tenant.
select
    id, tenant_id, vendor, environment, login_url, api_url, client_id, company_id, grant_kind,
    status, code, reason, action, since, created_at, refresh_began_at, last_refreshed_at, token_expires_at
from tiebeam.connection
where tenant_id = %(tenant_id)s and id = %(id)s
