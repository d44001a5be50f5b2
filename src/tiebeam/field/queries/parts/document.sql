-- A document with the version that counts.
select d.id, d.kind, d.project_id, d.number, d.standing, d.version, v.body, d.captured_at, d.received_at,
    d.changed_at, d.author_kind, d.author_id, d.author_name, d.device_id, d.locked_reason, d.returned_reason,
    d.aside_version
from tiebeam.field_document d
join tiebeam.field_version v
    on v.tenant_id = d.tenant_id and v.document_id = d.id and v.number = d.version
