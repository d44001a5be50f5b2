-- A crew that there is no more.
delete from tiebeam.crew where tenant_id = %(tenant_id)s::uuid and name = %(name)s
