-- End a session.
delete from tiebeam.session where tenant_id = %(tenant_id)s and id = %(id)s
