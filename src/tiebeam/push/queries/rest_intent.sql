-- Say how an intent stands and when it is gone on with.
update tiebeam.push_intent set
    state = %(state)s,
    next_at = %(next_at)s::timestamptz,
    done_at = coalesce(done_at, %(done_at)s::timestamptz),
    code = %(code)s, cause = %(cause)s, owner = %(owner)s, action = %(action)s, field = %(field)s, fix = %(fix)s
where tenant_id = %(tenant_id)s::uuid and id = %(intent_id)s::uuid
