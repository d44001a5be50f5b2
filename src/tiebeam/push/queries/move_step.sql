-- Let an event happen to a step, if it still is where that may happen and nobody has begun another attempt.
update tiebeam.push_step set
    state = %(after)s,
    attempt = attempt + %(begun)s,
    failures = %(failures)s,
    sent_at = coalesce(%(sent_at)s::timestamptz, sent_at),
    next_at = %(next_at)s::timestamptz,
    code = %(code)s, cause = %(cause)s, owner = %(owner)s, action = %(action)s, field = %(field)s, fix = %(fix)s
where tenant_id = %(tenant_id)s::uuid and intent_id = %(intent_id)s::uuid and name = %(name)s
    and attempt = %(attempt)s and state = any(%(before)b::text[])
