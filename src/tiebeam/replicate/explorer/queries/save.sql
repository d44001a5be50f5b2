-- Keep a list under a name, in the place of one of that name, while there is room.
insert into tiebeam.saved_view (tenant_id, person_id, stream, name, query, made_at)
select %(tenant_id)s::uuid, %(person)s::uuid, %(stream)s::text, %(name)s::text, %(query)s::text, %(at)s::timestamptz
where (
    select count(*) from tiebeam.saved_view
    where tenant_id = %(tenant_id)s::uuid and person_id = %(person)s::uuid and stream = %(stream)s::text
        and name <> %(name)s::text
) < %(most)s
on conflict (tenant_id, person_id, stream, name) do update set query = excluded.query, made_at = excluded.made_at
