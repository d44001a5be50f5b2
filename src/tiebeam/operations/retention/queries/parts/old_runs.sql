-- Sync runs that ended long ago.
from tiebeam.sync_run r
where r.tenant_id = %(tenant_id)s::uuid and r.ended_at < %(before)s::timestamptz
