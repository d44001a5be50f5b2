-- A detail could not be had now: try again later.
update tiebeam.debt
set attempts = attempts + 1, next_at = %(next_at)s::timestamptz, last_error = %(error)s
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = %(key)s and list_hash = %(list_hash)s
