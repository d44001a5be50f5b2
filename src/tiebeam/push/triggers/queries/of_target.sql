-- What has documents sent to a target.
select button, on_approval, batch_minutes, batched_at
from tiebeam.push_trigger
where tenant_id = %(tenant_id)s::uuid and target = %(target)s
