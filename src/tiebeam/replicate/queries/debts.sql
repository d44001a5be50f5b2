-- The next details to fetch for a feed.
select key, list_hash, vendor_at, payload, attempts
from tiebeam.debt
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and next_at <= %(at)s::timestamptz
order by key
limit %(limit)s
