-- Count one tenant's jobs.
select kind, state, jobs, oldest_at from tiebeam.queue_count where tenant_id = %(tenant_id)s order by kind, state
