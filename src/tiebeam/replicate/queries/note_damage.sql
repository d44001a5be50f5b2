-- Keep a row that could not be taken in, as it came, with the reason.
insert into tiebeam.damage (tenant_id, feed_id, key, reason, raw_hash, raw, first_at, last_at)
values (%(tenant_id)s::uuid, %(feed_id)s, %(key)s, %(reason)s, %(raw_hash)s, %(raw)s, %(at)s, %(at)s)
on conflict (feed_id, raw_hash) do update set last_at = excluded.last_at, reason = excluded.reason
