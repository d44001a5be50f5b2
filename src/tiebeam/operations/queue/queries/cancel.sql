-- End a job that waits, let the next of its line be looked at, and ask the worker of a running one to stop.
with gone as (
    delete from tiebeam.job
    where tenant_id = %(tenant_id)s and id = %(id)s and state <> 'processing'
    returning *
), kept as (
    insert into tiebeam.job_history
        (job_id, tenant_id, kind, key, state, priority, attempts, errors, enqueued_at, started_at, ended_at)
    select id, tenant_id, kind, key, 'cancelled', priority, attempt, errors, enqueued_at, started_at, %(at)s
    from gone
), told as (
    update tiebeam.job set cancelling = true, rerun_at = null
    where tenant_id = %(tenant_id)s and id = %(id)s and state = 'processing'
    returning id
), next as (
    update tiebeam.job set state = 'arrived'
    where id = any(array(
        select j.id from gone
        join tiebeam.job j on j.tenant_id = gone.tenant_id and j.serial_key = gone.serial_key
        where j.tenant_id = %(tenant_id)s and j.state = 'lined'
        order by j.priority desc, j.id
        limit 1
    ))
    returning pg_notify('tiebeam_queue', '')
)
select (select count(*) from gone) + (select count(*) from told) > 0 as known, (select count(*) from next) as next
