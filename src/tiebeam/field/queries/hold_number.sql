-- The last number of a kind in a project, held until the transaction ends.
insert into tiebeam.field_number (tenant_id, project_id, kind, last)
select p.tenant_id, p.id, %(kind)s, 0
from tiebeam.project p
where p.tenant_id = %(tenant_id)s::uuid and p.id = %(project_id)s::uuid
on conflict (tenant_id, project_id, kind) do update set last = field_number.last
returning last
