-- Remember a sign-in under way at an OpenID provider.
insert into tiebeam.oidc_flow (secret_hash, tenant_id, return_to, expires_at)
values (%(hash)s, %(tenant_id)s, %(return_to)s, %(expires_at)s)
