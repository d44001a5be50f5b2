-- What is known of the records of a page: their hashes first, so that only what differs is written.
select key, hash, list_hash, state, vendor_at, missed_at is not null
from tiebeam.record
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = any(%(keys)b::text[])
