-- Keep which jobs items name.
insert into tiebeam.work_link (tenant_id, job_id, item_id, key)
select %(tenant_id)s::uuid, n.job_id, n.item_id, n.key
from unnest(%(job_ids)s::uuid[], %(item_ids)s::uuid[], %(keys)b::text[]) as n (job_id, item_id, key)
