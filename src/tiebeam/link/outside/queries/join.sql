-- A board joined to one elsewhere: what was changed on it before is not news.
insert into tiebeam.outside_link (
    tenant_id, id, board_id, vendor, outside_board_id, columns, groups, owner, state, seen_change, layout, people,
    me, passed_at, held, trouble, made_at, changed_at
)
values (
    %(tenant_id)s::uuid, %(id)s::uuid, %(board_id)s::uuid, %(vendor)s, %(outside_board_id)s, %(columns)s::jsonb,
    %(groups)s::jsonb, %(owner)s, %(state)s,
    coalesce((select max(c.id) from tiebeam.work_change c where c.tenant_id = %(tenant_id)s::uuid), 0),
    %(layout)s::jsonb, %(people)s::jsonb, %(me)s, %(passed_at)s, %(held)s, %(trouble)s, %(at)s, %(at)s
)
