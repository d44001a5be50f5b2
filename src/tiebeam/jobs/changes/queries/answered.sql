-- Say that changes were answered, those that were not before.
update tiebeam.work_change set handled_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and id = any(%(ids)b::bigint[]) and handled_at is null
returning id
