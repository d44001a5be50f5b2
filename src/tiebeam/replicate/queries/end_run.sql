-- The run is over: what it did.
update tiebeam.sync_run
set ended_at = %(at)s::timestamptz, tally = %(tally)s::jsonb
where tenant_id = %(tenant_id)s::uuid and id = %(id)s and ended_at is null
