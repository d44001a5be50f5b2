-- Say which projects somebody sees; null for all.
update tiebeam.person set project_ids = %(project_ids)s::text[] where tenant_id = %(tenant_id)s and id = %(id)s
