-- Read every anchor, the oldest first.
select tenant_id, day, number, hash, previous, at, public_key, signature
from tiebeam.audit_anchor
where tenant_id = %(tenant_id)s
order by day
