-- Read somebody's sessions that stand, the one last seen first.
select id, tenant_id, person_id, csrf, made_at, seen_at, expires_at, how, device_id
from tiebeam.session
where tenant_id = %(tenant_id)s and person_id = %(person_id)s
    and expires_at > %(at)s and seen_at > %(idle_since)s
order by seen_at desc, id
