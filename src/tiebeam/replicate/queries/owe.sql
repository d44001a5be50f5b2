-- Note rows whose detail must be fetched before they can be written.
insert into tiebeam.debt (tenant_id, feed_id, key, list_hash, vendor_at, payload, next_at)
select %(tenant_id)s::uuid, %(feed_id)s, key, hash, vendor_at, payload, %(at)s::timestamptz
from staging_record
on conflict (feed_id, key) do update
set list_hash = excluded.list_hash, vendor_at = excluded.vendor_at, payload = excluded.payload,
    attempts = 0, next_at = excluded.next_at, last_error = null
