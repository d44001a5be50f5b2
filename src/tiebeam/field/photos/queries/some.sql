-- Those of the photos that are here.
-- include photo
where tenant_id = %(tenant_id)s::uuid and id = any(%(ids)s::uuid[])
