-- Whether a record `r` comes after one mark in the order of changes, and not after another.
r.changed_at <= coalesce(%(after_at)s::timestamptz, 'infinity')
and (%(after_at)s::timestamptz is null or r.changed_at < %(after_at)s::timestamptz
    or (r.feed_id, r.key) > (%(after_feed)s::bigint, %(after_key)s::text))
and r.changed_at >= coalesce(%(until_at)s::timestamptz, '-infinity')
and (%(until_at)s::timestamptz is null or r.changed_at > %(until_at)s::timestamptz
    or (r.feed_id, r.key) <= (%(until_feed)s::bigint, %(until_key)s::text))
