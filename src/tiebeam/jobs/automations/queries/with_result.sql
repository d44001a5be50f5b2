-- When the rules came to one result, the newest first.
-- include firing
where f.tenant_id = %(tenant_id)s::uuid and f.result = %(result)s::text
    and (%(before)s::bigint is null or f.id < %(before)s::bigint)
order by f.id desc
limit %(limit)s::integer
