-- Take a device in by its code, which serves once and in time.
update tiebeam.device
set code_hash = null, token_hash = %(token_hash)s, enrolled_at = %(at)s, seen_at = %(at)s
where tenant_id = %(tenant_id)s and code_hash = %(code_hash)s and code_expires_at > %(at)s
    and revoked_at is null
returning id, tenant_id, name, made_at, enrolled_at, seen_at, revoked_at
