-- Forget which jobs items name.
delete from tiebeam.work_link where tenant_id = %(tenant_id)s::uuid and item_id = any(%(ids)s::uuid[])
