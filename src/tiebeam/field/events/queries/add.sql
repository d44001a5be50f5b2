-- Keep a choice beside those before it.
insert into tiebeam.field_later_event (
    tenant_id, document_id, number, change_event, chosen_at, author_kind, author_id, author_name
)
values (
    %(tenant_id)s::uuid, %(document_id)s::uuid, %(number)s, %(change_event)s, %(at)s::timestamptz,
    %(author_kind)s, %(author_id)s, %(author_name)s
)
