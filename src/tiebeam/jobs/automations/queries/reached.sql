-- How far a rule has come with a change.
update tiebeam.automation_firing set
    acts = %(acts)s::integer, result = %(result)s::text, detail = %(detail)s::text, at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and rule_id = %(rule_id)s::uuid and change_id = %(change_id)s::bigint
    and result = 'begun'
