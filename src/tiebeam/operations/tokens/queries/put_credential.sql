-- Keep a connection's sealed secrets, in the place of former ones.
insert into tiebeam.credential (tenant_id, connection_id, key_id, sealed)
values (%(tenant_id)s, %(id)s, %(key_id)s, %(sealed)s)
on conflict (connection_id) do update set key_id = excluded.key_id, sealed = excluded.sealed
