-- Records are proven deleted, or can no longer be seen. Their content stays.
update tiebeam.record
set state = %(state)s, state_reason = %(reason)s, version = version + 1, changed_at = %(at)s::timestamptz,
    missed_at = null
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = any(%(keys)b::text[])
    and state <> %(state)s
