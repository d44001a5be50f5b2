-- The same key, sealed with another master key.
update tiebeam.audit_key set key_id = %(key_id)s, sealed = %(sealed)s where tenant_id = %(tenant_id)s
