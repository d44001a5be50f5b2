-- A new project of a company, unless its number is taken.
insert into tiebeam.project (id, tenant_id, number, name, status, made_at)
values (%(id)s, %(tenant_id)s::uuid, %(number)s, %(name)s, %(status)s, %(at)s)
on conflict (tenant_id, number) do nothing
