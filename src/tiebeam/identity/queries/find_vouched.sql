-- Find whom an OpenID provider means.
select person_id from tiebeam.person_vouched
where tenant_id = %(tenant_id)s and issuer = %(issuer)s and subject = %(subject)s
