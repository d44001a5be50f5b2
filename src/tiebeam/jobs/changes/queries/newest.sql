-- The last change of a company.
select max(c.id) from tiebeam.work_change c where c.tenant_id = %(tenant_id)s::uuid
