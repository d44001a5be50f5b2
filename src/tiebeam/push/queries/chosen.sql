-- Have what was chosen beside a document planned where it is wanted, also where the document is there.
update tiebeam.push_intent set
    plan_due = true,
    next_at = %(at)s::timestamptz,
    state = case when done_at is null then state else 'open' end
where tenant_id = %(tenant_id)s::uuid and document_id = %(document_id)s::uuid
returning id
