-- Read the present tenant.
select id, slug, name, created_at from tiebeam.tenant where id = %(id)s
