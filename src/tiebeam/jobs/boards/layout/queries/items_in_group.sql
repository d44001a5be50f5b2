-- How many items are in a group.
select count(*) from tiebeam.work_item i
where i.tenant_id = %(tenant_id)s::uuid and i.board_id = %(board_id)s::uuid
    and i.group_id = %(group_id)s::uuid and i.deleted_at is null
