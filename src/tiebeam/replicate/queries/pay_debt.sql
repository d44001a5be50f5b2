-- A detail has arrived (or will never come): it is owed no more, unless a newer row is owed meanwhile.
delete from tiebeam.debt
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = %(key)s and list_hash = %(list_hash)s
