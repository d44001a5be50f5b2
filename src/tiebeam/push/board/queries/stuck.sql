-- What is blocked, uncertain or given up, the newest wishes first, before a place; of these projects, or of all.
-- include standing
where i.tenant_id = %(tenant_id)s::uuid
    and (
        'blocked' = any(%(kinds)b::text[]) and i.state = 'blocked'
        or 'failed' = any(%(kinds)b::text[]) and i.state in ('failed', 'done_with_failures')
        or 'uncertain' = any(%(kinds)b::text[]) and s.uncertain > 0
    )
    and (%(projects)s::text[] is null or i.project = any(%(projects)s::text[]))
    and (%(code)s::text is null or i.code = %(code)s)
    and (%(before_at)s::timestamptz is null or (i.wanted_at, i.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by i.wanted_at desc, i.id desc
limit %(limit)s
