-- Keep a board.
insert into tiebeam.work_board (tenant_id, id, name, purpose, version, created_at, deleted_at)
values (
    %(tenant_id)s::uuid, %(board_id)s::uuid, %(name)s::text, %(purpose)s::text, %(version)s::integer,
    %(created_at)s::timestamptz, %(deleted_at)s::timestamptz
)
on conflict (tenant_id, id) do update set
    name = excluded.name, version = excluded.version, deleted_at = excluded.deleted_at
