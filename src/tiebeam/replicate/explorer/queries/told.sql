-- What deliveries told of one record since a moment, latest first.
select d.received_at, d.event_type, d.fate, d.source
from tiebeam.webhook_delivery d
join tiebeam.webhook w on w.id = d.hook_id
where d.tenant_id = %(tenant_id)s::uuid and w.tenant_id = %(tenant_id)s::uuid
    and w.connection_id = %(connection)s::uuid
    and d.received_at >= %(since)s::timestamptz and d.record_id = %(key)s::text
    and d.project_id = coalesce(%(project)s::text, d.project_id) and d.resource = any(%(resources)s::text[])
order by d.received_at desc
limit %(limit)s
