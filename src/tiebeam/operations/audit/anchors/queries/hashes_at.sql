-- Read the hashes of the entries that anchors name.
select number, hash from tiebeam.audit where tenant_id = %(tenant_id)s and number = any(%(numbers)s::bigint[])
