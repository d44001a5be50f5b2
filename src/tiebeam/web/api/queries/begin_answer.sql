-- Take an idempotency key that is free, over or stuck; no row when it stands for something. Sweep what is over.
with swept as (
    delete from tiebeam.idempotency
    where tenant_id = %(tenant_id)s::uuid and begun_at < %(expired_before)s
        and (caller, key) <> (%(caller)s, %(key)s)
)
insert into tiebeam.idempotency as kept (tenant_id, caller, key, request_hash, begun_at)
values (%(tenant_id)s::uuid, %(caller)s, %(key)s, %(request_hash)s, %(at)s)
on conflict (tenant_id, caller, key) do update
set request_hash = excluded.request_hash, begun_at = excluded.begun_at,
    status = null, media_type = null, location = null, body = null
where kept.begun_at < %(expired_before)s or (kept.status is null and kept.begun_at < %(stuck_before)s)
returning true
