-- Note rows whose detail must be fetched before they can be written.
insert into tiebeam.debt (tenant_id, feed_id, key, list_hash, vendor_at, payload, next_at)
select %(tenant_id)s::uuid, %(feed_id)s, n.key, n.hash, n.vendor_at, n.payload, %(at)s::timestamptz
from unnest(%(keys)b::text[], %(hashes)b::bytea[], %(vendor_ats)b::timestamptz[], %(payloads)b::jsonb[])
    as n (key, hash, vendor_at, payload)
on conflict (feed_id, key) do update
set list_hash = excluded.list_hash, vendor_at = excluded.vendor_at, payload = excluded.payload,
    attempts = 0, next_at = excluded.next_at, last_error = null
