-- What is proven deleted, or cannot be seen, is owed no detail: one that came late would bring it back to life.
delete from tiebeam.debt
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and key = any(%(keys)b::text[])
