-- Write the staged records that were not there.
insert into tiebeam.record (tenant_id, feed_id, key, state, hash, list_hash, vendor_at, day, created_at, changed_at,
    payload)
select %(tenant_id)s::uuid, %(feed_id)s, key, state, hash, list_hash, vendor_at, day, %(at)s::timestamptz,
    %(at)s::timestamptz, payload
from staging_record
where fresh
