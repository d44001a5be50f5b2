-- Set the interval of a stream for a tenant.
insert into tiebeam.stream_interval (tenant_id, stream, minutes)
values (%(tenant_id)s::uuid, %(stream)s, %(minutes)s)
on conflict (tenant_id, stream) do update set minutes = excluded.minutes
