-- Somebody leaves for a vendor's consent page; those who never came back are forgotten.
with gone as (
    delete from tiebeam.connect_flow where tenant_id = %(tenant_id)s::uuid and expires_at <= %(now)s
)
insert into tiebeam.connect_flow (state_hash, tenant_id, session_id, expires_at)
values (%(hash)s, %(tenant_id)s::uuid, %(session_id)s::uuid, %(until)s)
