-- Remember when the last batch was sent.
update tiebeam.push_trigger set batched_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and target = %(target)s
