-- What the installation sets counts again.
delete from tiebeam.retention
where tenant_id = %(tenant_id)s::uuid and kind = %(kind)s
