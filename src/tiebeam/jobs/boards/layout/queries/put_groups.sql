-- Keep the groups of a board.
insert into tiebeam.work_group (tenant_id, id, board_id, title, position)
select %(tenant_id)s::uuid, n.id, %(board_id)s::uuid, n.title, n.position
from unnest(%(ids)s::uuid[], %(titles)b::text[], %(positions)b::bigint[]) as n (id, title, position)
on conflict (tenant_id, id) do update set title = excluded.title, position = excluded.position
