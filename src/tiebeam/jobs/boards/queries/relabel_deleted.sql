-- Give a label another text on the deleted items of a board, which are told of when they come back.
update tiebeam.work_item set column_values = column_values || jsonb_build_object(%(key)s::text, %(text)s::text)
where tenant_id = %(tenant_id)s::uuid and board_id = %(board_id)s::uuid and deleted_at is not null
    and column_values ->> %(key)s::text = %(label)s::text
