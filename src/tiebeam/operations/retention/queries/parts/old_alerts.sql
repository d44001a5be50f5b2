-- Alerts that were resolved long ago.
from tiebeam.alert a
where a.tenant_id = %(tenant_id)s::uuid and a.status = 'resolved' and a.resolved_at < %(before)s::timestamptz
