-- Overwrite records with what the vendor says now; they are live whatever they were.
update tiebeam.record r
set payload = n.payload, hash = n.hash, list_hash = n.list_hash, vendor_at = n.vendor_at, day = n.day,
    version = r.version + 1, state = 1, state_reason = null, missed_at = null, changed_at = %(at)s::timestamptz
from staging_record n
where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = %(feed_id)s and r.key = n.key and not n.fresh
