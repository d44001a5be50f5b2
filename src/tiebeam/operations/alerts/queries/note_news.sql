-- A channel is to be told of these alerts, unless it was, or is about to be, told of them as no less severe.
insert into tiebeam.alert_notice (tenant_id, alert_id, channel, event, severity, noted_at, next_at)
select a.tenant_id, a.id, %(channel)s, 'opened', a.severity, %(at)s::timestamptz, %(at)s::timestamptz
from tiebeam.alert a
where a.tenant_id = %(tenant_id)s::uuid and a.id = any(%(ids)s::bigint[]) and a.severity >= %(threshold)s
    and not exists (
        select 1
        from tiebeam.alert_notice n
        where n.tenant_id = a.tenant_id and n.alert_id = a.id and n.channel = %(channel)s
            and n.event = 'opened' and n.severity >= a.severity and n.status in ('waiting', 'sent')
    )
