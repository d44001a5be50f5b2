-- Add an API key.
insert into tiebeam.api_key (id, tenant_id, name, prefix, secret_hash, scopes, made_at, expires_at)
values (
    %(id)s, %(tenant_id)s, %(name)s, %(prefix)s, %(secret_hash)s, %(scopes)s, %(made_at)s, %(expires_at)s
)
