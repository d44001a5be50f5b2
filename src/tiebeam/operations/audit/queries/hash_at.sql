-- Read the hash of one entry.
select hash from tiebeam.audit where tenant_id = %(tenant_id)s and number = %(number)s
