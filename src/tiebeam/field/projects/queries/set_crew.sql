-- Who is in a crew, which is new or has changed.
insert into tiebeam.crew (tenant_id, name, members)
values (%(tenant_id)s::uuid, %(name)s, %(members)s::json)
on conflict (tenant_id, name) do update set members = excluded.members
