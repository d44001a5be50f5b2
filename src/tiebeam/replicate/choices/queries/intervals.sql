-- The intervals that a tenant has set, by stream.
select stream, minutes from tiebeam.stream_interval
where tenant_id = %(tenant_id)s::uuid
