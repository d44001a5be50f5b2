-- Remember when somebody last signed in.
update tiebeam.person set signed_in_at = %(at)s where tenant_id = %(tenant_id)s and id = %(id)s
