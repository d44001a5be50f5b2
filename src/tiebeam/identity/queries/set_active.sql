-- Let somebody in, or not.
update tiebeam.person set active = %(active)s where tenant_id = %(tenant_id)s and id = %(id)s
