-- The crews of a company, by name.
select name, members from tiebeam.crew where tenant_id = %(tenant_id)s::uuid order by name
