-- Another key takes the place of this one, which works for a while yet.
update tiebeam.api_key set replaced_by = %(replaced_by)s, expires_at = %(expires_at)s
where tenant_id = %(tenant_id)s and id = %(id)s
