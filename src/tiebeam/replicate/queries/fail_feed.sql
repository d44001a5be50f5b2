-- A pull of this feed did not get through: say why.
update tiebeam.feed
set last_error = %(error)s
where tenant_id = %(tenant_id)s::uuid and id = %(feed_id)s
