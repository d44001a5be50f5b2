-- A version waits for a decision, or none does any more.
update tiebeam.field_document set aside_version = %(number)s::integer, changed_at = %(at)s
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
