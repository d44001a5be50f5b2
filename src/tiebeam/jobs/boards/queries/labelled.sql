-- The items of a board that have a label.
select i.id from tiebeam.work_item i
where i.tenant_id = %(tenant_id)s::uuid and i.board_id = %(board_id)s::uuid and i.deleted_at is null
    and i.column_values ->> %(key)s::text = %(label)s::text
