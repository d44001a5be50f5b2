-- Records of a stream, newest change first, as they stand now.
select r.key, f.scope as scope_text, case
        when f.access = 'gone' then 2
        when f.access in ('hidden', 'off') and r.state = 1 then 3
        else r.state
    end::smallint as state,
    r.version, r.vendor_at, r.changed_at, r.payload
from tiebeam.feed f
join tiebeam.record r on r.feed_id = f.id
where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
    and (%(connection_id)s::uuid is null or f.connection_id = %(connection_id)s::uuid)
    and f.stream = %(stream)s
    and (%(project)s::text is null or f.scope = %(project)s or f.scope like %(project)s || '/%%')
    and (%(deleted)s or (r.state <> 2 and f.access <> 'gone'))
    and (%(search)s::text is null or r.payload::text ilike '%%' || %(search)s || '%%')
order by r.changed_at desc, r.key
limit %(limit)s offset %(offset)s
