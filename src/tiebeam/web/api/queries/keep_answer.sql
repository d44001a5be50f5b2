-- Keep what was answered under an idempotency key.
update tiebeam.idempotency
set status = %(status)s, media_type = %(media_type)s, location = %(location)s, body = %(body)s
where tenant_id = %(tenant_id)s::uuid and caller = %(caller)s and key = %(key)s
