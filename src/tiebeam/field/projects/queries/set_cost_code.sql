-- A cost code of a project of this company, new or called otherwise.
insert into tiebeam.cost_code (tenant_id, project_id, code, name)
select p.tenant_id, p.id, %(code)s, %(name)s
from tiebeam.project p
where p.tenant_id = %(tenant_id)s::uuid and p.id = %(project_id)s::uuid
on conflict (tenant_id, project_id, code) do update set name = excluded.name
