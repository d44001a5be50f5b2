-- Show how a job was given up.
select job_id, kind, key, state, priority, attempts, error, errors, enqueued_at, started_at, not_before, ended_at
from tiebeam.queue_job
where tenant_id = %(tenant_id)s::uuid and job_id = %(id)s and state = 'failed'
order by ended_at desc
limit 1
