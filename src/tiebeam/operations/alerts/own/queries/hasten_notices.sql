-- What waited for a channel that did not work need not wait any longer.
update tiebeam.alert_notice
set next_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and channel = %(channel)s and status = 'waiting' and attempts > 0
    and next_at > %(at)s::timestamptz
