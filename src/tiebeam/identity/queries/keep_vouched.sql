-- Keep whom an OpenID provider means.
insert into tiebeam.person_vouched (tenant_id, issuer, subject, person_id, made_at)
values (%(tenant_id)s, %(issuer)s, %(subject)s, %(person_id)s, %(at)s)
on conflict do nothing
