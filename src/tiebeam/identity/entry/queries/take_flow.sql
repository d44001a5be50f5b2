-- Take up a sign-in that comes back: it serves once.
delete from tiebeam.oidc_flow where tenant_id = %(tenant_id)s and secret_hash = %(hash)s
returning return_to, expires_at
