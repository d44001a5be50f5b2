-- Make room for a device.
insert into tiebeam.device (id, tenant_id, name, code_hash, code_expires_at, made_at)
values (%(id)s, %(tenant_id)s, %(name)s, %(code_hash)s, %(code_expires_at)s, %(made_at)s)
