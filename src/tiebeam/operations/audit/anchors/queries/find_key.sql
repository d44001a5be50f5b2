-- Read the sealed signing key.
select key_id, sealed from tiebeam.audit_key where tenant_id = %(tenant_id)s
