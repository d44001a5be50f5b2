-- What nobody has answered yet, the oldest first.
-- include change
where c.tenant_id = %(tenant_id)s::uuid and c.handled_at is null
order by c.id
limit %(limit)s
