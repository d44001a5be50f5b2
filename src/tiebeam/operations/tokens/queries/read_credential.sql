-- A connection's sealed secrets.
select key_id, sealed as data from tiebeam.credential
where tenant_id = %(tenant_id)s and connection_id = %(id)s
