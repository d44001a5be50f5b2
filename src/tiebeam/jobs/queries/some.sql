-- Jobs by their ids.
-- include job
where j.tenant_id = %(tenant_id)s::uuid and j.id = any(%(ids)s::uuid[])
