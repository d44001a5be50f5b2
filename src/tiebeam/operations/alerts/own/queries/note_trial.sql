-- What came of a test.
update tiebeam.own_channel
set tried_at = %(at)s::timestamptz, tried_error = %(error)s::text
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
