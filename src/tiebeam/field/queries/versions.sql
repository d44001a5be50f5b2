-- The versions of a document from the first on, or one of them.
select number, base, body, captured_at, received_at, author_kind, author_id, author_name, device_id, aside
from tiebeam.field_version
where tenant_id = %(tenant_id)s::uuid and document_id = %(id)s::uuid
    and (%(number)s::integer is null or number = %(number)s::integer)
order by number
limit %(limit)s
