-- Hold a tenant's chain until the transaction ends: entries follow one another.
select number, hash from tiebeam.audit_head where tenant_id = %(tenant_id)s for update
