-- Every version of a record, oldest first; the last one is in force.
select version, state, hash, vendor_at, valid_from, valid_to, state_reason, payload
from tiebeam.record_version
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = %(key)s
union all
select version, state, hash, vendor_at, changed_at, null, state_reason, payload
from tiebeam.record
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = %(key)s
order by version
