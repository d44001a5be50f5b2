-- A version counts from now on; one that was chosen settles what was kept aside.
update tiebeam.field_document
set version = %(number)s, changed_at = %(at)s,
    aside_version = case when %(settled)s::boolean then null else aside_version end
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
