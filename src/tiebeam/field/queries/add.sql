-- A document that was captured, unless one with its id came first.
insert into tiebeam.field_document (
    tenant_id, id, kind, project_id, number, standing, version, last_version, captured_at, received_at,
    changed_at, author_kind, author_id, author_name, device_id
)
values (
    %(tenant_id)s::uuid, %(id)s::uuid, %(kind)s, %(project_id)s::uuid, %(number)s, 'draft', 1, 1,
    %(captured_at)s, %(at)s, %(at)s, %(author_kind)s, %(author_id)s, %(author_name)s, %(device_id)s::uuid
)
on conflict (tenant_id, id) do nothing
