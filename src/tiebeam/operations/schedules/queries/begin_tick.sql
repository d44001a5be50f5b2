-- Act on a tick; nothing happens when somebody has.
insert into tiebeam.tick (tenant_id, schedule, tick_at, acted_at, queued, error)
values (%(tenant_id)s, %(name)s, %(tick_at)s, %(at)s, %(queued)s::integer, %(error)s::text)
on conflict do nothing
