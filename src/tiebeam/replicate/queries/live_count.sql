-- How many records of a feed are live.
select count(*)
from tiebeam.record
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and state = 1
