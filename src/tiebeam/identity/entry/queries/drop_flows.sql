-- Forget sign-ins that never came back.
delete from tiebeam.oidc_flow where tenant_id = %(tenant_id)s and expires_at <= %(at)s
