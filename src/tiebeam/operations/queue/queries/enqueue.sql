-- Queue jobs; one of the same kind and key that waits takes over the wish, a running one is marked to run again.
with queued as (
    insert into tiebeam.job (
        tenant_id, kind, key, serial_key, priority, args, not_before, enqueued_at, state
    )
    select %(tenant_id)s, n.kind, n.key, n.serial_key, n.priority, n.args, n.not_before, %(at)s,
        case when n.not_before > %(at)s then 'deferred' when n.serial_key is null then 'ready' else 'arrived' end
    from unnest(
        %(kinds)b::text[], %(keys)b::text[], %(serial_keys)s::text[], %(priorities)s::smallint[],
        %(args)b::jsonb[], %(not_befores)s::timestamptz[]
    ) as n (kind, key, serial_key, priority, args, not_before)
    on conflict (tenant_id, kind, key) do update set
        args = excluded.args,
        priority = greatest(job.priority, excluded.priority),
        state = case
            when job.state = 'blocked' then excluded.state
            when job.state = 'deferred' and excluded.not_before < job.not_before
                and (%(hasten)s or not job.held) then excluded.state
            when job.state = 'lined' and excluded.priority > job.priority then 'arrived'
            else job.state
        end,
        not_before = case
            when job.state = 'blocked' then excluded.not_before
            when job.state = 'deferred' and (%(hasten)s or not job.held)
                then least(job.not_before, excluded.not_before)
            else job.not_before
        end,
        rerun_at = case when job.state = 'processing' then least(job.rerun_at, excluded.not_before) end,
        attempt = case when job.state = 'blocked' then 0 else job.attempt end,
        enqueued_at = case when job.state = 'blocked' then excluded.enqueued_at else job.enqueued_at end
    where job.state in ('blocked', 'processing') and job.rerun_at is null
        or excluded.not_before < job.rerun_at
        or job.state = 'deferred' and excluded.not_before < job.not_before and (%(hasten)s or not job.held)
        or excluded.priority > job.priority
        or excluded.args - 'correlation_id' <> job.args - 'correlation_id'
    returning 1
)
select count(*)::integer, case when count(*) > 0 then pg_notify('tiebeam_queue', '')::text end from queued
