-- List the last ticks of one tenant.
select schedule, tick_at, acted_at, queued, error from tiebeam.tick
where tenant_id = %(tenant_id)s
order by acted_at desc, tick_at desc, schedule
limit %(limit)s
