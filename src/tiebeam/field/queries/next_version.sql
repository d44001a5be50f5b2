-- The number of the next version of a document.
update tiebeam.field_document set last_version = last_version + 1
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
returning last_version
