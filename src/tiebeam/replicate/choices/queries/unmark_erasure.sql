-- Keep the copy of a connection after all.
delete from tiebeam.copy_erasure
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid
