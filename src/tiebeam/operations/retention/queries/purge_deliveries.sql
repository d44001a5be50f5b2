-- What webhooks delivered long ago.
delete from tiebeam.webhook_delivery
where ctid in (
    select d.ctid
    from tiebeam.webhook_delivery d
    where d.tenant_id = %(tenant_id)s::uuid and d.received_at < %(before)s::timestamptz
    limit %(limit)s
)
