-- The listed row changed but the whole record did not: remember the row, so that it is not fetched again.
update tiebeam.record r
set list_hash = n.list_hash, missed_at = null
from unnest(%(keys)b::text[], %(list_hashes)b::bytea[]) as n (key, list_hash)
where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = %(feed_id)s and r.key = n.key
