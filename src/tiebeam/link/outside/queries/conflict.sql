-- A conflict.
select
    -- include conflict
where c.tenant_id = %(tenant_id)s::uuid and c.id = %(id)s::uuid
