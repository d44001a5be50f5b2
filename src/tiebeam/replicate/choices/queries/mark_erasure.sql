-- Mark the copy of a connection for deletion.
insert into tiebeam.copy_erasure (tenant_id, connection_id, due_at)
values (%(tenant_id)s::uuid, %(connection_id)s::uuid, %(due_at)s)
on conflict (connection_id) do update set due_at = excluded.due_at
