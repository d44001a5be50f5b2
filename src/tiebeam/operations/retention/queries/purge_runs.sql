-- Sync runs that ended long ago.
delete from tiebeam.sync_run
where id in (
    select r.id
    -- include old_runs
    order by r.id
    limit %(limit)s
)
