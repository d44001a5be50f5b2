-- A document is read-only from now on; the first reason stays.
update tiebeam.field_document set locked_reason = %(reason)s, changed_at = %(at)s
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid and locked_reason is null
