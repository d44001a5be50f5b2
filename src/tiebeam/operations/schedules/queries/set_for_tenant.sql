-- Change how often a schedule ticks for one tenant, and whether it does.
insert into tiebeam.tenant_schedule (tenant_id, name, every_seconds, enabled)
values (%(tenant_id)s, %(name)s, %(every_seconds)s::integer, %(enabled)s)
on conflict (tenant_id, name) do update set every_seconds = excluded.every_seconds, enabled = excluded.enabled
