-- Add a tenant; nothing happens when its slug is taken.
insert into tiebeam.tenant (id, slug, name, created_at)
values (%(id)s, %(slug)s, %(name)s, %(created_at)s)
on conflict do nothing
