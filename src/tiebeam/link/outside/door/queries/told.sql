-- Which items of a board are to be read, those that wait longest first.
select item_id, times, answers
from tiebeam.outside_told
where tenant_id = %(tenant_id)s::uuid and link_id = %(link_id)s::uuid
order by told_at, item_id
limit %(limit)s
