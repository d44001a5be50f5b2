-- How sending to each channel goes; an own one that is off is nobody's trouble.
select coalesce(c.name, h.channel) as channel, h.failures, h.error, c.id is not null as own
from tiebeam.alert_channel h
left join tiebeam.own_channel c on c.tenant_id = h.tenant_id and h.channel = 'own/' || c.id::text
where h.tenant_id = %(tenant_id)s::uuid and (c.id is null or c.enabled)
order by 1, c.id
