-- Rows of the log by their ids, as they are archived.
select l.id, l.at, l.feed_id, l.pull_id, l.direction, l.result, l.keys,
    array(select encode(h.hash, 'hex') from unnest(l.hashes) with ordinality as h (hash, n) order by h.n) as hashes,
    l.calls, l.detail
from tiebeam.sync_log l
where l.tenant_id = %(tenant_id)s::uuid and l.id = any(%(ids)s::bigint[])
order by l.id
