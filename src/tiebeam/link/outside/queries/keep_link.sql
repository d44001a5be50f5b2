-- A joined board as it is now.
update tiebeam.outside_link
set columns = %(columns)s::jsonb, groups = %(groups)s::jsonb, owner = %(owner)s, state = %(state)s,
    seen_change = %(seen_change)s::bigint, layout = %(layout)s::jsonb, people = %(people)s::jsonb, me = %(me)s,
    passed_at = %(passed_at)s, held = %(held)s, trouble = %(trouble)s, changed_at = %(at)s
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
