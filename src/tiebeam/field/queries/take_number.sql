-- The next number of a kind in a project.
update tiebeam.field_number set last = last + 1
where tenant_id = %(tenant_id)s::uuid and project_id = %(project_id)s::uuid and kind = %(kind)s
returning last
