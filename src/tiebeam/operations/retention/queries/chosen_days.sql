-- How many days a company keeps each kind of what grows, where it has chosen.
select kind, days
from tiebeam.retention
where tenant_id = %(tenant_id)s::uuid
