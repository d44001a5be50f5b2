-- A document, held until the transaction ends.
select id from tiebeam.field_document
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
for update
