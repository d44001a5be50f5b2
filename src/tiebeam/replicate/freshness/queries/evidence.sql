-- What the reads of a connection's feeds have found.
select e.feed_id, e.as_of, e.changes, e.hours, e.reads, e.calls, e.announced, e.unannounced, e.probed_at,
    e.told_pending, e.told, e.missed
from tiebeam.feed f
join tiebeam.feed_evidence e on e.feed_id = f.id and e.tenant_id = f.tenant_id
where f.tenant_id = %(tenant_id)s::uuid and f.connection_id = %(connection_id)s::uuid
