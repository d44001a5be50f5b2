-- Change items; cells of columns that were removed stay as they are.
update tiebeam.work_item i
set group_id = n.group_id, name = n.name, position = n.position, updated_at = %(at)s::timestamptz,
    version = i.version + 1, column_values = n.column_values || coalesce((
        select jsonb_object_agg(c.key, i.column_values -> c.key)
        from tiebeam.work_column c
        where c.tenant_id = i.tenant_id and c.board_id = i.board_id and c.deleted_at is not null
            and i.column_values ? c.key
    ), '{}')
from unnest(
    %(ids)s::uuid[], %(group_ids)s::uuid[], %(names)b::text[], %(positions)s::float8[], %(values)b::jsonb[]
) as n (id, group_id, name, position, column_values)
where i.tenant_id = %(tenant_id)s::uuid and i.id = n.id
