-- The latest entries of the sync log.
select l.at, f.stream, f.scope as scope_text, l.direction, l.result, cardinality(l.keys) as records, l.calls, l.detail
from tiebeam.sync_log l
join tiebeam.feed f on f.id = l.feed_id
where l.tenant_id = %(tenant_id)s::uuid and f.tenant_id = %(tenant_id)s::uuid
    and (%(connection_id)s::uuid is null or f.connection_id = %(connection_id)s::uuid)
    and (%(result)s::text is null or l.result = %(result)s)
order by l.id desc
limit %(limit)s
