-- A run under way says how far it is.
update tiebeam.sync_run
set progress = %(progress)s::jsonb, seen_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and id = %(id)s and ended_at is null
