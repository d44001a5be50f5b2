-- A file of the archive moves on, from one of the statuses that lead there.
update tiebeam.log_archive
set status = %(status)s,
    restored_at = case when %(status)s = 'restored' then %(at)s::timestamptz end
where tenant_id = %(tenant_id)s::uuid and id = %(id)s and status = any(%(from)s::text[])
