-- Take off what is not among the columns of a board any more.
update tiebeam.work_column set deleted_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and board_id = %(board_id)s::uuid and deleted_at is null
    and id <> all(%(ids)s::uuid[])
