-- Which APIs of connections that are in use have failed since they last answered.
select s.connection_id, s.api, s.failures, s.cause, s.action, s.server_fault, s.since
from tiebeam.vendor_streak s
join tiebeam.connection c on c.id = s.connection_id
where s.tenant_id = %(tenant_id)s::uuid and c.tenant_id = %(tenant_id)s::uuid and c.status = 'connected'
order by s.connection_id, s.api
