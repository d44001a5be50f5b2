-- What was done to anything, the newest first.
-- include change
where c.tenant_id = %(tenant_id)s::uuid
    and (%(before)s::bigint is null or c.id < %(before)s::bigint)
order by c.id desc
limit %(limit)s
