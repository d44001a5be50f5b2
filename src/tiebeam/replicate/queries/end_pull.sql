-- The pull is over.
update tiebeam.pull
set status = %(status)s, ended_at = %(at)s
where tenant_id = %(tenant_id)s::uuid and id = %(pull_id)s and status = 'running'
