-- Remember that a device was in use.
update tiebeam.device set seen_at = %(at)s where tenant_id = %(tenant_id)s and id = %(id)s
