-- A document as it stands.
-- include document
where d.tenant_id = %(tenant_id)s::uuid and d.id = %(id)s::uuid
