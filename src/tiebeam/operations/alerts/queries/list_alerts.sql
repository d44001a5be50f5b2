-- Alerts for people to look at, the worst of the standing ones first.
select id, rule, subject, severity, status, summary, action, sightings, opened_at, seen_at, acknowledged_at,
    acknowledged_by, resolved_at
from tiebeam.alert
where tenant_id = %(tenant_id)s::uuid and (%(every)s::boolean or status <> 'resolved')
order by status = 'resolved', severity desc, opened_at desc, id desc
limit %(limit)s
