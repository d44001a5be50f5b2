-- The projects of a company, by number.
select id, number, name, status, made_at from tiebeam.project
where tenant_id = %(tenant_id)s::uuid
order by number
