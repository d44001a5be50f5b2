-- How a board is kept in step from now on.
insert into tiebeam.link_board (tenant_id, board_id, rules, changed_at)
values (%(tenant_id)s::uuid, %(board_id)s::uuid, %(rules)s::jsonb, %(at)s)
on conflict (tenant_id, board_id) do update set rules = excluded.rules, changed_at = excluded.changed_at
