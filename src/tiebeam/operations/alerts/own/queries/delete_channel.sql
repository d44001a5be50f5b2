-- A channel goes, and its URL with it.
delete from tiebeam.own_channel
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
