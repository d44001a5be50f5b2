-- Deliveries of webhooks that somebody may see, the newest first, before a place.
select d.id, d.hook_id, d.received_at, d.event_at, d.resource, d.record_id, d.project_id, d.event_type, d.fate,
    d.source
from tiebeam.webhook_delivery d
where d.tenant_id = %(tenant_id)s::uuid
    and (%(before)s::bigint is null or d.id < %(before)s)
    and (%(projects)s::text[] is null or d.project_id = '' or d.project_id = any(%(projects)s))
order by d.id desc
limit %(limit)s
