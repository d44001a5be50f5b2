-- Have a document that has changed planned anew, where it is wanted and not there yet.
update tiebeam.push_intent set plan_due = true, next_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and document_id = %(document_id)s::uuid and done_at is null
returning id
