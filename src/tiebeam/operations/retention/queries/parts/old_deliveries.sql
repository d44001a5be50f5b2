-- Deliveries that came long ago.
from tiebeam.webhook_delivery d
where d.tenant_id = %(tenant_id)s::uuid and d.received_at < %(before)s::timestamptz
