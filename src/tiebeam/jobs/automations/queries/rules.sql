-- The rules of a company, those that were made first, first.
select id, name, enabled, built_in, definition, version, created_at, updated_at
from tiebeam.automation_rule
where tenant_id = %(tenant_id)s::uuid and deleted_at is null
order by created_at, built_in desc nulls last, id
