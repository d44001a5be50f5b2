-- Read what is kept of somebody's password and PIN.
select password_hash, pin_hash from tiebeam.person where tenant_id = %(tenant_id)s and id = %(id)s
