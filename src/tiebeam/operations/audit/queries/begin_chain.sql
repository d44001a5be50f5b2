-- See that a tenant's chain has a head; the first entry follows on nothing.
insert into tiebeam.audit_head (tenant_id, number, hash) values (%(tenant_id)s, 0, %(start)s)
on conflict do nothing
