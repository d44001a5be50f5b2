-- What nobody has answered yet, held; what somebody else holds is left to them.
-- include change
where c.tenant_id = %(tenant_id)s::uuid and c.handled_at is null
order by c.id
limit %(limit)s
for update of c skip locked
