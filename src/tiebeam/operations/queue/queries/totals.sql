-- Count the jobs of all tenants, without saying whose they are.
select kind, state, jobs, oldest_at from tiebeam.queue_totals() order by kind, state
