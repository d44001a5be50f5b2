-- Keep what is about to be overwritten.
insert into tiebeam.record_version (tenant_id, feed_id, key, version, state, hash, vendor_at, valid_from, valid_to,
    state_reason, payload)
select tenant_id, feed_id, key, version, state, hash, vendor_at, changed_at, %(at)s::timestamptz, state_reason,
    payload
from tiebeam.record
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = any(%(keys)b::text[])
