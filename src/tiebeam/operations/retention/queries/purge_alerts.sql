-- Alerts that were resolved long ago; what was told of them goes with them.
delete from tiebeam.alert
where id in (
    select a.id
    from tiebeam.alert a
    where a.tenant_id = %(tenant_id)s::uuid and a.status = 'resolved' and a.resolved_at < %(before)s::timestamptz
    order by a.resolved_at
    limit %(limit)s
)
