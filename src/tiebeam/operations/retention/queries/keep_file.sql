-- A file of the archive that has been proven.
insert into tiebeam.log_archive (tenant_id, name, sha256, size_bytes, rows, first_id, last_id, first_at, last_at, status,
    written_at)
values (%(tenant_id)s::uuid, %(name)s, %(sha256)s, %(size_bytes)s, %(rows)s, %(first_id)s, %(last_id)s, %(first_at)s,
    %(last_at)s, 'written', %(at)s::timestamptz)
on conflict (tenant_id, name) do nothing
