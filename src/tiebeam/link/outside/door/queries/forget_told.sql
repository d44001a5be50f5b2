-- What was told of a board is not wanted any more.
delete from tiebeam.outside_told
where tenant_id = %(tenant_id)s::uuid and link_id = %(link_id)s::uuid
