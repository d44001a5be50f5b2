-- Keep a door as it is now.
insert into tiebeam.outside_door (tenant_id, link_id, secret_hash, key_id, sealed, hook_ids, base_url, refused, kept_at)
values (%(tenant_id)s::uuid, %(link_id)s::uuid, %(secret_hash)b::bytea, %(key_id)s, %(sealed)b::bytea,
    %(hook_ids)s::text[], %(base_url)s, %(refused)s, %(kept_at)s::timestamptz)
on conflict (tenant_id, link_id) do update
set secret_hash = excluded.secret_hash, key_id = excluded.key_id, sealed = excluded.sealed,
    hook_ids = excluded.hook_ids, base_url = excluded.base_url, refused = excluded.refused,
    kept_at = excluded.kept_at
