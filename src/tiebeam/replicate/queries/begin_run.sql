-- Open a run, or go on with the one that was cut off. An old one of a finished copy is begun anew.
insert into tiebeam.sync_run (tenant_id, connection_id, wish, started_at, seen_at)
values (%(tenant_id)s::uuid, %(connection_id)s::uuid, %(wish)s, %(at)s::timestamptz, %(at)s::timestamptz)
on conflict (connection_id, wish) where ended_at is null do update
set seen_at = excluded.seen_at, started_at = case
    when tiebeam.sync_run.started_at >= %(stale_before)s::timestamptz or exists (
        select 1
        from tiebeam.feed f
        where f.tenant_id = %(tenant_id)s::uuid and f.connection_id = %(connection_id)s::uuid
            and f.completed_at is null and f.access = 'open'
    ) then tiebeam.sync_run.started_at
    else excluded.started_at
end
returning id, started_at
