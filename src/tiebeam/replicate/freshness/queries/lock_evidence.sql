-- The evidence of one feed, locked until it is written back.
select feed_id, as_of, changes, hours, reads, calls, announced, unannounced, probed_at, told_pending, told, missed
from tiebeam.feed_evidence
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s::bigint
for update
