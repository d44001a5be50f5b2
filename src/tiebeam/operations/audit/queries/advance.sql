-- The entry just added is the last.
update tiebeam.audit_head set number = %(number)s, hash = %(hash)s where tenant_id = %(tenant_id)s
