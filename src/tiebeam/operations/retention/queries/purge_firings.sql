-- What came of rules long ago.
delete from tiebeam.automation_firing
where tenant_id = %(tenant_id)s::uuid and id in (
    select f.id
    -- include old_firings
    order by f.id
    limit %(limit)s
)
