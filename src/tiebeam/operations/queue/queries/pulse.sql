-- What changes when a tenant's queue, schedules or alerts do: one text each, which says nothing by itself.
select
    (
        select concat_ws('/', max(j.id), count(*), sum(j.attempt), max(j.started_at), max(j.not_before),
            count(*) filter (where j.state = 'processing'))
        from tiebeam.job j where j.tenant_id = %(tenant_id)s::uuid
    ) || '/' || (
        select concat(string_agg(concat_ws(':', s.name, s.every_seconds, s.enabled), ',' order by s.name))
        from tiebeam.tenant_schedule s where s.tenant_id = %(tenant_id)s::uuid
    ) as queue,
    coalesce((
        select concat_ws(':', h.ended_at, h.id) from tiebeam.job_history h
        where h.tenant_id = %(tenant_id)s::uuid order by h.ended_at desc, h.id desc limit 1
    ), '') as ended,
    (
        select concat_ws('/', max(a.id), max(a.acknowledged_at), max(a.resolved_at),
            count(*) filter (where a.status <> 'resolved'), sum(a.severity) filter (where a.status <> 'resolved'))
        from tiebeam.alert a where a.tenant_id = %(tenant_id)s::uuid
    ) as alerts
