-- Let a stream have its own interval again.
delete from tiebeam.stream_interval where tenant_id = %(tenant_id)s::uuid and stream = %(stream)s
