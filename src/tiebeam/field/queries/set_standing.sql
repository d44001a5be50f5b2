-- How a document stands, and what was asked for when it was given back.
update tiebeam.field_document
set standing = %(standing)s, returned_reason = %(reason)s::text, changed_at = %(at)s
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
