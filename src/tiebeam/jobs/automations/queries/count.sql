-- How many rules there are.
select count(*) from tiebeam.automation_rule where tenant_id = %(tenant_id)s::uuid and deleted_at is null
