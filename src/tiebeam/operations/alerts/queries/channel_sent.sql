-- A channel works.
insert into tiebeam.alert_channel (tenant_id, channel, sent_at)
values (%(tenant_id)s::uuid, %(channel)s, %(at)s::timestamptz)
on conflict (tenant_id, channel) do update set sent_at = excluded.sent_at, failures = 0, error = null
