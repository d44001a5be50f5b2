-- Forget a connection's secrets.
delete from tiebeam.credential where tenant_id = %(tenant_id)s and connection_id = %(id)s
