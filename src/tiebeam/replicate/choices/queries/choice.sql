-- What a connection is to copy.
select project_ids, streams from tiebeam.connection_choice
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid
