-- Remember that a key was used.
update tiebeam.api_key set used_at = %(at)s where tenant_id = %(tenant_id)s and id = %(id)s
