-- Keep a list no longer.
delete from tiebeam.saved_view
where tenant_id = %(tenant_id)s::uuid and person_id = %(person)s::uuid and stream = %(stream)s and name = %(name)s
