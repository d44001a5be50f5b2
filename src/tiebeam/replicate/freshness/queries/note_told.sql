-- Count changes that webhooks told of, until the next read takes them into account.
update tiebeam.feed_evidence
set told_pending = told_pending + %(changes)s::integer
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s::bigint
