-- For which connections of which tenants something is to be fetched.
select tenant_id, connection_id from tiebeam.webhooks_waiting(%(at)s::timestamptz) order by 1, 2
