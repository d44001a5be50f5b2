-- Write records that were not there; one may come as deleted, and says why.
insert into tiebeam.record (tenant_id, feed_id, key, state, hash, list_hash, vendor_at, day, created_at, changed_at,
    fingerprint, payload, state_reason)
select %(tenant_id)s::uuid, %(feed_id)s, n.key, case when n.gone then 2 else 1 end, n.hash,
    %(list_hash)b::bytea, n.vendor_at, n.day, %(at)s::timestamptz, %(at)s::timestamptz, n.fingerprint, n.payload,
    case when n.gone then %(gone_reason)s::text end
from unnest(%(keys)b::text[], %(gone)b::boolean[], %(hashes)b::bytea[], %(vendor_ats)b::timestamptz[],
    %(days)b::date[], %(fingerprints)b::bytea[], %(payloads)b::jsonb[])
    as n (key, gone, hash, vendor_at, day, fingerprint, payload)
