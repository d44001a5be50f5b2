-- The latest sync runs of a connection.
select id, wish, started_at, ended_at, tally
from tiebeam.sync_run
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid
order by id desc
limit %(limit)s
