-- Sync runs that ended long ago.
delete from tiebeam.sync_run
where id in (
    select r.id
    from tiebeam.sync_run r
    where r.tenant_id = %(tenant_id)s::uuid and r.ended_at < %(before)s::timestamptz
    order by r.id
    limit %(limit)s
)
