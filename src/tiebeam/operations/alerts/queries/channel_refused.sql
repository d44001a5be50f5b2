-- A channel does not work.
insert into tiebeam.alert_channel (tenant_id, channel, failures, error)
values (%(tenant_id)s::uuid, %(channel)s, 1, %(error)s)
on conflict (tenant_id, channel) do update
set failures = tiebeam.alert_channel.failures + 1, error = excluded.error
