-- Alerts that were resolved long ago; what was told of them goes with them.
delete from tiebeam.alert
where id in (
    select a.id
    -- include old_alerts
    order by a.resolved_at
    limit %(limit)s
)
