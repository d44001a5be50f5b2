-- The next rows of the log that are old enough for the archive, but for those that were restored to be looked at.
select l.id, l.at, l.feed_id, l.pull_id, l.direction, l.result, l.keys,
    array(select encode(h.hash, 'hex') from unnest(l.hashes) with ordinality as h (hash, n) order by h.n) as hashes,
    l.calls, l.detail, f.connection_id::text as connection_id, f.stream, f.scope
from tiebeam.sync_log l
left join tiebeam.feed f on f.id = l.feed_id and f.tenant_id = %(tenant_id)s::uuid
where l.id > %(after)s and
-- include old_log
order by l.id
limit %(limit)s
