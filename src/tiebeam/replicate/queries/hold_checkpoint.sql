-- Take the pull's row and check that nobody else has read this page meanwhile.
select 1
from tiebeam.pull
where tenant_id = %(tenant_id)s::uuid and id = %(pull_id)s and status = 'running'
    and segment = %(segment)s and next_page = %(next_page)s
for update
