-- Items by their ids.
select
-- include item
from tiebeam.work_item i
where i.tenant_id = %(tenant_id)s::uuid and i.id = any(%(ids)s::uuid[])
