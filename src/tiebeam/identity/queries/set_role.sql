-- Give somebody another role.
update tiebeam.person set role = %(role)s where tenant_id = %(tenant_id)s and id = %(id)s
