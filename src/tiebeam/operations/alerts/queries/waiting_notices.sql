-- What a channel can be told now.
select n.id, n.alert_id, n.event, n.severity, n.attempts, n.noted_at, a.rule, a.subject, a.summary, a.action,
    a.opened_at
from tiebeam.alert_notice n
join tiebeam.alert a on a.id = n.alert_id
where n.tenant_id = %(tenant_id)s::uuid and a.tenant_id = %(tenant_id)s::uuid and n.channel = %(channel)s
    and n.status = 'waiting' and n.next_at <= %(at)s::timestamptz
order by n.id
