-- A person has decided; only a hold that still waits can be decided.
update tiebeam.hold
set status = %(status)s, decided_at = %(at)s, decided_by = %(by)s
where tenant_id = %(tenant_id)s::uuid and id = %(id)s and status = 'waiting'
returning feed_id, keys, evidence
