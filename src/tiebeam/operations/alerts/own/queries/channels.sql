-- A company's own channels with how sending to each goes, by name; one of them, or all.
select c.id, c.name, c.kind, c.threshold, c.quiet_minutes, c.enabled, c.added_at, c.added_by, c.tried_at,
    c.tried_error, h.sent_at, coalesce(h.failures, 0) as failures, h.error
from tiebeam.own_channel c
left join tiebeam.alert_channel h on h.tenant_id = c.tenant_id and h.channel = 'own/' || c.id::text
where c.tenant_id = %(tenant_id)s::uuid and (%(id)s::uuid is null or c.id = %(id)s::uuid)
order by lower(c.name), c.id
