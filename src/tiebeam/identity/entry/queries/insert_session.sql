-- Begin a session.
insert into tiebeam.session (
    id, tenant_id, person_id, device_id, token_hash, csrf, how, made_at, seen_at, expires_at
)
values (
    %(id)s, %(tenant_id)s, %(person_id)s, %(device_id)s, %(token_hash)s, %(csrf)s, %(how)s, %(made_at)s,
    %(made_at)s, %(expires_at)s
)
