-- Keep the hash of somebody's PIN, or none.
update tiebeam.person set pin_hash = %(hash)s where tenant_id = %(tenant_id)s and id = %(id)s
