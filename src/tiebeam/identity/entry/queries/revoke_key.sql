-- Let a key in no more.
update tiebeam.api_key set revoked_at = %(at)s
where tenant_id = %(tenant_id)s and id = %(id)s and revoked_at is null
