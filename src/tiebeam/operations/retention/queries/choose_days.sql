-- A company keeps a kind of what grows for so many days.
insert into tiebeam.retention (tenant_id, kind, days)
values (%(tenant_id)s::uuid, %(kind)s, %(days)s)
on conflict (tenant_id, kind) do update set days = excluded.days
