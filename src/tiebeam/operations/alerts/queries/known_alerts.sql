-- The alerts that findings of these rules are compared with: standing ones, and the last one that was resolved so
-- lately that it may come back.
select distinct on (rule, subject) id, rule, subject, severity, status, summary, action, sightings, opened_at, seen_at,
    acknowledged_at, acknowledged_by, resolved_at
from tiebeam.alert
where tenant_id = %(tenant_id)s::uuid and rule = any(%(rules)s::text[])
    and (status <> 'resolved' or resolved_at >= %(resolved_since)s::timestamptz)
    and (%(within)s::text is null or starts_with(subject, %(within)s::text))
order by rule, subject, status = 'resolved', id desc
