-- The next rows of the log that are old enough for the archive, but for those that were restored to be looked at.
select l.id, l.at, l.feed_id, l.pull_id, l.direction, l.result, l.keys,
    array(select encode(h.hash, 'hex') from unnest(l.hashes) with ordinality as h (hash, n) order by h.n) as hashes,
    l.calls, l.detail, f.connection_id::text as connection_id, f.stream, f.scope
from tiebeam.sync_log l
left join tiebeam.feed f on f.id = l.feed_id and f.tenant_id = %(tenant_id)s::uuid
where l.tenant_id = %(tenant_id)s::uuid and l.at < %(before)s::timestamptz and l.id > %(after)s
    and not exists (
        select 1
        from tiebeam.log_archive a
        where a.tenant_id = %(tenant_id)s::uuid and a.status = 'restored' and l.id between a.first_id and a.last_id
    )
order by l.id
limit %(limit)s
