-- Keep the hash of somebody's password.
update tiebeam.person set password_hash = %(hash)s where tenant_id = %(tenant_id)s and id = %(id)s
