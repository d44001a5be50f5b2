-- When a channel was last told something, and the company's name.
select t.slug as company, c.sent_at
from tiebeam.tenant t
left join tiebeam.alert_channel c on c.tenant_id = t.id and c.channel = %(channel)s
where t.id = %(tenant_id)s::uuid
