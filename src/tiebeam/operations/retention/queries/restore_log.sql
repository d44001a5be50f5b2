-- A row of the log as it was; nothing happens where it still is.
insert into tiebeam.sync_log (id, tenant_id, at, feed_id, pull_id, direction, result, keys, hashes, calls, detail)
overriding system value
values (%(id)s, %(tenant_id)s::uuid, %(at)s, %(feed_id)s, %(pull_id)s, %(direction)s, %(result)s, %(keys)s::text[],
    %(hashes)s::bytea[], %(calls)s, %(detail)s)
on conflict (id) do nothing
