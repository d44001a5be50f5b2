-- What somebody is being asked about mirrors.
select
    -- include conflict
where c.tenant_id = %(tenant_id)s::uuid and c.mirror_id = any(%(ids)s::uuid[]) and c.state = 'open'
