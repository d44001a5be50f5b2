-- Add items to a board.
insert into tiebeam.work_item (
    tenant_id, id, board_id, group_id, name, position, version, created_at, updated_at, column_values
)
select %(tenant_id)s::uuid, n.id, %(board_id)s::uuid, n.group_id, n.name, n.position, 1,
    %(at)s::timestamptz, %(at)s::timestamptz, n.column_values
from unnest(
    %(ids)s::uuid[], %(group_ids)s::uuid[], %(names)b::text[], %(positions)s::float8[], %(values)b::jsonb[]
) as n (id, group_id, name, position, column_values)
