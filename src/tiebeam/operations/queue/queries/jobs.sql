-- List one tenant's jobs in some states, of some kinds or of all, the latest first.
select job_id, kind, key, state, priority, attempts, error, errors, enqueued_at, started_at, not_before, ended_at
from tiebeam.queue_job
where tenant_id = %(tenant_id)s::uuid and state = any(%(states)s::text[])
    and (%(kinds)s::text[] is null or kind = any(%(kinds)s::text[]))
order by coalesce(ended_at, started_at, enqueued_at) desc, job_id desc
limit %(limit)s
