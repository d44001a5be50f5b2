-- How many deliveries came each day and what was to be done about them; of the projects given, or of all.
select (d.received_at at time zone 'UTC')::date as day, d.fate, d.source, count(*)::integer as deliveries,
    max(d.received_at) as last_at
from tiebeam.webhook_delivery d
join tiebeam.webhook w on w.id = d.hook_id
where d.tenant_id = %(tenant_id)s::uuid and w.tenant_id = %(tenant_id)s::uuid
    and w.connection_id = %(connection_id)s::uuid and d.received_at >= %(since)s::timestamptz
    and (%(projects)s::text[] is null or d.project_id = '' or d.project_id = any(%(projects)s::text[]))
group by 1, 2, 3
order by 1 desc, 2, 3
