-- An item.
i.id, i.board_id, i.group_id, i.name, i.position, i.version, i.created_at, i.updated_at,
    i.deleted_at, i.column_values
