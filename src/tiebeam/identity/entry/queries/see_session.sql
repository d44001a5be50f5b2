-- Remember that a session was in use.
update tiebeam.session set seen_at = %(at)s where tenant_id = %(tenant_id)s and id = %(id)s
