-- A pull of this feed ended well: what is now known of it. A watermark never moves back.
update tiebeam.feed
set watermark = greatest(watermark, %(watermark)s::timestamptz), read_at = %(at)s::timestamptz,
    completed_at = coalesce(completed_at, case when %(complete)s then %(at)s::timestamptz end),
    swept_at = case when %(swept)s then %(at)s::timestamptz else swept_at end,
    access = 'open', access_reason = null, access_refusals = 0, access_next_at = null, last_error = null,
    per_page = %(per_page)s
where tenant_id = %(tenant_id)s::uuid and id = %(feed_id)s
