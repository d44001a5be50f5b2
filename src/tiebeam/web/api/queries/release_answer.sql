-- Give up an idempotency key under which nothing was done.
delete from tiebeam.idempotency
where tenant_id = %(tenant_id)s::uuid and caller = %(caller)s and key = %(key)s and status is null
