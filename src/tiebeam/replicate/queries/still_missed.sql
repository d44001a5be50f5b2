-- Which of these records nobody has seen again since they were held for deletion.
select key
from tiebeam.record
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = any(%(keys)b::text[])
    and state <> 2 and missed_at is not null
order by key
