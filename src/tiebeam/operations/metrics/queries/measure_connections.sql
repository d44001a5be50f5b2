-- How many connections stand alike, over all tenants at once.
select vendor, status, token, connections
from tiebeam.measured_connections(%(at)s::timestamptz)
order by vendor, status, token
