-- Forget somebody's sessions that are over.
delete from tiebeam.session
where tenant_id = %(tenant_id)s and person_id = %(person_id)s
    and (expires_at <= %(at)s or seen_at <= %(idle_since)s)
