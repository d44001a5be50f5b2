-- A detail was refused too often: it stays owed, and is asked for again once the row changes or a sweep begins.
update tiebeam.debt
set attempts = attempts + 1, next_at = 'infinity', last_error = %(error)s
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = %(key)s and list_hash = %(list_hash)s
