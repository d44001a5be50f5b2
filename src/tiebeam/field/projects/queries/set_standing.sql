-- Whether a project is still being built.
update tiebeam.project set status = %(status)s where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
