-- What was decided about a conflict, by whom and when.
update tiebeam.outside_conflict
set state = %(state)s, decided_at = %(at)s, decided_by = %(by)s
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid and state = %(before)s
