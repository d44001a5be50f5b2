-- Remove a connection; its secrets go with it.
delete from tiebeam.connection where tenant_id = %(tenant_id)s and id = %(id)s
