-- What the pages held is needed no more.
delete from tiebeam.pull_page
where tenant_id = %(tenant_id)s::uuid and pull_id = %(pull_id)s
