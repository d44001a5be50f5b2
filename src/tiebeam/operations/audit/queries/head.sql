-- Read which entry is the last.
select number, hash from tiebeam.audit_head where tenant_id = %(tenant_id)s
