-- Keep a day's anchor; another process may have been first.
insert into tiebeam.audit_anchor (tenant_id, day, number, hash, previous, at, public_key, signature)
values (%(tenant_id)s, %(day)s, %(number)s, %(hash)s, %(previous)s, %(at)s, %(public_key)s, %(signature)s)
on conflict do nothing
