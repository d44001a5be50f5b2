-- A version, kept for ever.
insert into tiebeam.field_version (
    tenant_id, document_id, number, base, body, hash, captured_at, received_at, author_kind, author_id,
    author_name, device_id, aside
)
values (
    %(tenant_id)s::uuid, %(id)s::uuid, %(number)s, %(base)s, %(body)s::json, %(hash)s, %(captured_at)s,
    %(at)s, %(author_kind)s, %(author_id)s, %(author_name)s, %(device_id)s::uuid, %(aside)s
)
