-- How sending to each channel goes.
select channel, failures, error
from tiebeam.alert_channel
where tenant_id = %(tenant_id)s::uuid
order by channel
