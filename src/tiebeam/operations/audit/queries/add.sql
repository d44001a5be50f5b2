-- Add an entry. Its detail is kept letter by letter (json, not jsonb): it is part of what is hashed.
insert into tiebeam.audit (
    tenant_id, number, at, actor_kind, actor_id, actor_name, act, subject, detail, correlation_id, previous, hash
)
values (
    %(tenant_id)s, %(number)s, %(at)s, %(actor_kind)s, %(actor_id)s, %(actor_name)s, %(act)s, %(subject)s,
    %(detail)s::text::json, %(correlation_id)s, %(previous)s, %(hash)s
)
