-- A channel took its message.
update tiebeam.alert_notice
set status = 'sent', attempts = attempts + 1, ended_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and id = any(%(ids)s::bigint[])
