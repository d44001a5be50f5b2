-- Remember that a refresh token is about to be spent: if its answer is lost, this is all that tells.
update tiebeam.connection set refresh_began_at = %(now)s
where tenant_id = %(tenant_id)s and id = %(id)s
