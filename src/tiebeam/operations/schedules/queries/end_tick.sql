-- Say how many jobs came of a tick.
update tiebeam.tick set queued = %(queued)s::integer
where tenant_id = %(tenant_id)s and schedule = %(name)s and tick_at = %(tick_at)s
