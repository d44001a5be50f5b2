-- Something happened to an item; told again before it is read, it is still read once.
insert into tiebeam.outside_told (tenant_id, link_id, item_id, told_at, answers, times)
values (%(tenant_id)s::uuid, %(link_id)s::uuid, %(item_id)s, %(at)s::timestamptz, %(answers)s, 1)
on conflict (tenant_id, link_id, item_id) do update
set times = tiebeam.outside_told.times + 1, answers = tiebeam.outside_told.answers or excluded.answers
