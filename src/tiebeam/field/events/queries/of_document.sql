-- The change event that was chosen last for a document.
select number, change_event, chosen_at, author_kind, author_id, author_name
from tiebeam.field_later_event
where tenant_id = %(tenant_id)s::uuid and document_id = %(document_id)s::uuid
order by number desc
limit 1
