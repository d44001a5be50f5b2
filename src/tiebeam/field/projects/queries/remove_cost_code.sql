-- A cost code that there is no more.
delete from tiebeam.cost_code
where tenant_id = %(tenant_id)s::uuid and project_id = %(project_id)s::uuid and code = %(code)s
