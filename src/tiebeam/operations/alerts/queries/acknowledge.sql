-- Somebody has taken these on (all that are open, when no ids are given).
update tiebeam.alert
set status = 'acknowledged', acknowledged_at = %(at)s::timestamptz, acknowledged_by = %(by)s
where tenant_id = %(tenant_id)s::uuid and status = 'open'
    and (%(ids)s::bigint[] is null or id = any(%(ids)s::bigint[]))
returning id
