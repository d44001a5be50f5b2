-- Note what was about to be sent, or what came of it.
insert into tiebeam.push_attempt (
    tenant_id, intent_id, name, attempt, event, at, correlation_id, sent, answer, code, cause
)
values (
    %(tenant_id)s::uuid, %(intent_id)s::uuid, %(name)s, %(attempt)s, %(event)s, %(at)s::timestamptz,
    %(correlation_id)s, %(sent)b::jsonb, %(answer)b::jsonb, %(code)s, %(cause)s
)
