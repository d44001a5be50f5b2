-- How every company stands: counts, ages and codes, and nothing of what it has.
select slug, name, connections, errors, jobs, read, late, unread, oldest_seconds, holds
from tiebeam.tenant_health(%(at)s::timestamptz, %(names)s::text[], %(minutes)s::integer[])
