-- Which of a vendor's projects is which of ours.
select vendor_project_id, project_id from tiebeam.project_map
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid
