-- The sync log: what was done to which records, with the hash of what was written.
insert into tiebeam.sync_log (tenant_id, at, feed_id, pull_id, result, keys, hashes, calls, detail)
values (%(tenant_id)s::uuid, %(at)s, %(feed_id)s, %(pull_id)s, %(result)s, %(keys)b::text[], %(hashes)b::bytea[],
    %(calls)s, %(detail)s)
