-- Delete or restore an item.
update tiebeam.work_item
set deleted_at = %(deleted_at)s::timestamptz, group_id = %(group_id)s::uuid, updated_at = %(at)s::timestamptz,
    version = version + 1
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
