-- A rule, held until the transaction ends.
select id, name, enabled, built_in, definition, version, created_at, updated_at
from tiebeam.automation_rule
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid and deleted_at is null
for update
