-- Keep the same password under a newer hash, unless it was changed meanwhile.
update tiebeam.person set password_hash = %(hash)s
where tenant_id = %(tenant_id)s and id = %(id)s and password_hash = %(former)s
