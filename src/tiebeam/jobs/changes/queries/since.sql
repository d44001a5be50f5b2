-- What was done after a change.
-- include change
where c.tenant_id = %(tenant_id)s::uuid and c.id > %(after)s::bigint
order by c.id
limit %(limit)s
