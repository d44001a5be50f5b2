-- Which of these keys already wait for their detail, and for which row.
select key, list_hash
from tiebeam.debt
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = any(%(keys)b::text[])
