-- Go on at once with what is not there yet.
update tiebeam.push_intent set
    plan_due = plan_due or done_at is null,
    sent_stands = sent_stands or %(sent_stands)s,
    next_at = %(at)s::timestamptz,
    state = 'open'
where tenant_id = %(tenant_id)s::uuid and id = any(%(intent_ids)b::uuid[]) and state <> 'done'
returning id
