-- Keep the columns of a board.
insert into tiebeam.work_column (tenant_id, id, board_id, key, title, kind, position, labels)
select %(tenant_id)s::uuid, n.id, %(board_id)s::uuid, n.key, n.title, n.kind, n.position, n.labels
from unnest(
    %(ids)s::uuid[], %(keys)b::text[], %(titles)b::text[], %(kinds)b::text[], %(positions)b::bigint[],
    %(labels)b::jsonb[]
) as n (id, key, title, kind, position, labels)
on conflict (tenant_id, id) do update set
    title = excluded.title, position = excluded.position, labels = excluded.labels
