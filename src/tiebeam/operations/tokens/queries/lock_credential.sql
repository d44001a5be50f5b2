-- The same, held until the transaction ends: whoever holds it is the one who refreshes.
select key_id, sealed as data from tiebeam.credential
where tenant_id = %(tenant_id)s and connection_id = %(id)s
for update
