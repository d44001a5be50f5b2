-- A new connection, without its secrets.
insert into tiebeam.connection (
    id, tenant_id, vendor, environment, login_url, api_url, client_id, company_id, grant_kind,
    status, since, created_at, last_refreshed_at, token_expires_at
) values (
    %(id)s, %(tenant_id)s, %(vendor)s, %(environment)s, %(login_url)s, %(api_url)s, %(client_id)s, %(company_id)s,
    %(grant_kind)s, 'connected', %(now)s, %(now)s, %(now)s, %(expires_at)s
)
