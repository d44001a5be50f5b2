-- The job of a number.
-- include job
where j.tenant_id = %(tenant_id)s::uuid and j.number = %(number)s
