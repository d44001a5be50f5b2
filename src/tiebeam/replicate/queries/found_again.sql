-- Forget that an earlier sweep missed these records.
update tiebeam.record
set missed_at = null
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = any(%(keys)b::text[])
    and missed_at is not null
