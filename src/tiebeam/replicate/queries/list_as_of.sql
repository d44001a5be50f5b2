-- The records of a stream as they stood in the replica at a moment.
select f.scope as scope_text, v.key, v.state, v.version, v.vendor_at, v.valid_from as changed_at, v.payload
from tiebeam.feed f
join (
    select tenant_id, feed_id, key, version, state, vendor_at, changed_at as valid_from, null as valid_to, payload
    from tiebeam.record
    where tenant_id = %(tenant_id)s::uuid
    union all
    select tenant_id, feed_id, key, version, state, vendor_at, valid_from, valid_to, payload
    from tiebeam.record_version
    where tenant_id = %(tenant_id)s::uuid
) v on v.feed_id = f.id
where f.tenant_id = %(tenant_id)s::uuid and v.tenant_id = %(tenant_id)s::uuid
    and (%(connection_id)s::uuid is null or f.connection_id = %(connection_id)s::uuid)
    and f.stream = %(stream)s
    and (%(project)s::text is null or f.scope = %(project)s or f.scope like %(project)s || '/%%')
    and v.valid_from <= %(moment)s::timestamptz
    and (v.valid_to is null or v.valid_to > %(moment)s::timestamptz)
    and (%(deleted)s or v.state <> 2)
order by v.key, f.scope
limit %(limit)s offset %(offset)s
