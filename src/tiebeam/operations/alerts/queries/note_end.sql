-- Whoever was told of these alerts is told of their end, once they have stayed away for a while.
insert into tiebeam.alert_notice (tenant_id, alert_id, channel, event, severity, noted_at, next_at)
select n.tenant_id, n.alert_id, n.channel, 'resolved', max(n.severity), %(at)s::timestamptz, %(tell_at)s::timestamptz
from tiebeam.alert_notice n
where n.tenant_id = %(tenant_id)s::uuid and n.alert_id = any(%(ids)s::bigint[]) and n.event = 'opened'
    and n.status = 'sent'
group by n.tenant_id, n.alert_id, n.channel
