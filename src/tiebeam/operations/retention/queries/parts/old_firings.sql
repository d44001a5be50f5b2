-- What came of rules long ago; what is not over, or may be asked about once more, stays.
from tiebeam.automation_firing f
where f.tenant_id = %(tenant_id)s::uuid and f.at < %(before)s::timestamptz and f.result <> 'begun'
    and not exists (
        select 1
        from tiebeam.work_change c
        where c.tenant_id = %(tenant_id)s::uuid and c.id = f.change_id and c.handled_at is null
    )
