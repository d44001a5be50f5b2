-- What came of one rule, the newest first.
-- include firing
where f.tenant_id = %(tenant_id)s::uuid and f.rule_id = %(rule_id)s::uuid
    and (%(before)s::bigint is null or f.id < %(before)s::bigint)
order by f.id desc
limit %(limit)s::integer
