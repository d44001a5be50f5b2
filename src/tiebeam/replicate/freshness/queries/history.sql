-- When the records of feeds were last changed by the vendor's own account: what was known before the first read.
select vendor_at
from tiebeam.record
where tenant_id = %(tenant_id)s::uuid and feed_id = any(%(feed_ids)s::bigint[])
    and vendor_at >= %(since)s::timestamptz
order by vendor_at desc
limit 10000
