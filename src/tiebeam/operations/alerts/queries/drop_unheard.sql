-- Nobody listens any more on channels that are no longer set.
update tiebeam.alert_notice
set status = 'dropped', ended_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and status = 'waiting' and channel <> all(%(channels)s::text[])
