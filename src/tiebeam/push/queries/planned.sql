-- Say of which version of its paper the steps of an intent are now.
update tiebeam.push_intent set
    plan_due = false,
    planned_version = %(version)s,
    number = %(number)s
where tenant_id = %(tenant_id)s::uuid and id = %(intent_id)s::uuid
