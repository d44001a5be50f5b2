-- List one tenant's jobs, what is not ended first, then the most recently ended.
select job_id, kind, key, state, priority, attempts, error, errors, enqueued_at, started_at, not_before, ended_at
from tiebeam.queue_job
where tenant_id = %(tenant_id)s
order by ended_at desc nulls first, job_id desc
limit %(limit)s
