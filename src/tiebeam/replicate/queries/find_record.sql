-- Every record with this key: the same vendor id may stand in several projects.
select f.id as feed_id, f.scope as scope_text, r.key, case
        when f.access = 'gone' then 2
        when f.access in ('hidden', 'off') and r.state = 1 then 3
        else r.state
    end::smallint as state,
    r.version, r.hash, r.vendor_at, r.created_at, r.changed_at, r.state_reason, r.payload
from tiebeam.feed f
join tiebeam.record r on r.feed_id = f.id
where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
    and (%(connection_id)s::uuid is null or f.connection_id = %(connection_id)s::uuid)
    and f.stream = %(stream)s and r.key = %(key)s
    and (%(project)s::text is null or f.scope = %(project)s or f.scope like %(project)s || '/%%')
order by f.id
