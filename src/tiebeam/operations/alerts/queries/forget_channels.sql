-- Channels that are no longer set have no health to speak of.
delete from tiebeam.alert_channel
where tenant_id = %(tenant_id)s::uuid and channel <> all(%(channels)s::text[])
