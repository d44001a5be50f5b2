-- What webhooks delivered long ago.
delete from tiebeam.webhook_delivery
where ctid in (
    select d.ctid
    -- include old_deliveries
    limit %(limit)s
)
