-- How one intent stands.
-- include standing
where i.tenant_id = %(tenant_id)s::uuid and i.id = %(intent_id)s::uuid
