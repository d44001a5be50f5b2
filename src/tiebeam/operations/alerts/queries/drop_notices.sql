-- What was to be told of these alerts is no longer so.
update tiebeam.alert_notice
set status = 'dropped', ended_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and alert_id = any(%(ids)s::bigint[]) and status = 'waiting'
