-- A vendor's project is one of ours, unless either is mapped already.
insert into tiebeam.project_map (connection_id, vendor_project_id, tenant_id, project_id, made_at)
select %(connection_id)s::uuid, %(vendor_project_id)s, %(tenant_id)s::uuid, p.id, %(at)s
from tiebeam.project p
where p.tenant_id = %(tenant_id)s::uuid and p.id = %(project_id)s::uuid
on conflict do nothing
