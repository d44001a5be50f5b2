-- A vendor's project is none of ours (any more).
delete from tiebeam.project_map
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid
    and vendor_project_id = %(vendor_project_id)s
