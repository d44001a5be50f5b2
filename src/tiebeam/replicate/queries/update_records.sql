-- Overwrite records with what the vendor says now; they are live whatever they were.
update tiebeam.record r
set payload = n.payload, fingerprint = n.fingerprint, hash = n.hash, list_hash = %(list_hash)b::bytea,
    vendor_at = n.vendor_at, day = n.day, version = r.version + 1, state = 1, state_reason = null, missed_at = null, changed_at = %(at)s::timestamptz
from unnest(%(keys)b::text[], %(hashes)b::bytea[], %(vendor_ats)b::timestamptz[], %(days)b::date[],
    %(fingerprints)b::bytea[], %(payloads)b::jsonb[]) as n (key, hash, vendor_at, day, fingerprint, payload)
where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = %(feed_id)s and r.key = n.key
