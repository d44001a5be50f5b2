-- A channel that did not work does again.
update tiebeam.alert_channel
set failures = 0, error = null
where tenant_id = %(tenant_id)s::uuid and channel = %(channel)s
