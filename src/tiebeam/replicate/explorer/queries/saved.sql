-- The lists of a kind that somebody keeps, by name.
select name, query, made_at
from tiebeam.saved_view
where tenant_id = %(tenant_id)s::uuid and person_id = %(person)s::uuid and stream = %(stream)s
order by name
