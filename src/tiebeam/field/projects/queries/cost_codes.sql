-- The cost codes of all projects of a company.
select project_id, code, name from tiebeam.cost_code
where tenant_id = %(tenant_id)s::uuid
order by project_id, code
