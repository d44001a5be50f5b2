-- Remember when a feed was last probed.
update tiebeam.feed_evidence
set probed_at = greatest(probed_at, %(at)s::timestamptz)
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s::bigint
