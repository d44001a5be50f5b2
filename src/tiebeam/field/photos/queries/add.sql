-- A photo that was sent, unless one with its id is here.
insert into tiebeam.field_photo (
    tenant_id, id, sha256, bytes, name, media_type, width, height, taken_at, latitude, longitude, thumbnail,
    received_at, author_kind, author_id, author_name
)
values (
    %(tenant_id)s::uuid, %(id)s::uuid, %(sha256)s, %(bytes)s, %(name)s, %(media_type)s, %(width)s, %(height)s,
    %(taken_at)s, %(latitude)s, %(longitude)s, %(thumbnail)s::bytea, %(at)s, %(author_kind)s, %(author_id)s,
    %(author_name)s
)
on conflict (tenant_id, id) do nothing
