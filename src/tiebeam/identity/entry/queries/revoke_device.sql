-- Let a device in no more, and forget its code.
update tiebeam.device set revoked_at = %(at)s, code_hash = null
where tenant_id = %(tenant_id)s and id = %(id)s and revoked_at is null
