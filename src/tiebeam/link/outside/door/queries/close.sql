-- Nobody is expected at this door any more.
delete from tiebeam.outside_door
where tenant_id = %(tenant_id)s::uuid and link_id = %(link_id)s::uuid
