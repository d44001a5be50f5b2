-- An API answered.
delete from tiebeam.vendor_streak
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid and api = %(api)s
