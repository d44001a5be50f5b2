-- Where records of one place come from, and how that stands.
select f.connection_id, f.access, f.access_reason, f.read_at, f.swept_at, f.watermark, f.last_error
from tiebeam.feed f
where f.tenant_id = %(tenant_id)s::uuid and f.id = %(feed)s::bigint
