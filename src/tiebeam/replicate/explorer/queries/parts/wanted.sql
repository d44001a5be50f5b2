-- Whether a record `r` of a place `f` is wanted by what an index of records knows of it.
r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.id
and r.changed_at >= coalesce(%(since)s::timestamptz, '-infinity')
and case
    when f.access = 'gone' then 2
    when f.access in ('hidden', 'off') and r.state = 1 then 3
    else r.state
end = any(%(states)s::integer[])
and (%(own)s::text[] is null or r.key = any(%(own)s::text[]))
