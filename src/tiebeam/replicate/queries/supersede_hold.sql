-- A newer finding replaces the one that waited.
update tiebeam.hold
set status = 'superseded', decided_at = %(at)s
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and status = 'waiting'
