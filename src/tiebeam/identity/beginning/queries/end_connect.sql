-- Somebody is back: the state serves once, in the session that it was made for.
delete from tiebeam.connect_flow
where tenant_id = %(tenant_id)s::uuid and state_hash = %(hash)s and session_id = %(session_id)s::uuid
    and expires_at > %(now)s
