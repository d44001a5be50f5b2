-- Keep a new signing key; another process may have been first.
insert into tiebeam.audit_key (tenant_id, public_key, key_id, sealed, made_at)
values (%(tenant_id)s, %(public_key)s, %(key_id)s, %(sealed)s, %(at)s)
on conflict do nothing
