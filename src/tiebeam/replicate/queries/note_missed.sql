-- A complete pull did not see these records for the first time.
update tiebeam.record
set missed_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = any(%(keys)b::text[])
    and missed_at is null
