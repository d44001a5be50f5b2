-- Documents, those first that changed last; on from a place in that order.
-- include document
where d.tenant_id = %(tenant_id)s::uuid
    and (%(project_ids)s::uuid[] is null or d.project_id = any(%(project_ids)s::uuid[]))
    and (%(kind)s::text is null or d.kind = %(kind)s::text)
    and (%(standing)s::text is null or d.standing = %(standing)s::text)
    and (%(author_id)s::text is null or d.author_id = %(author_id)s::text)
    and (%(number)s::text is null or d.number = %(number)s::text)
    and (not %(aside_only)s::boolean or d.aside_version is not null)
    and (%(before_at)s::timestamptz is null
        or (d.changed_at, d.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
order by d.changed_at desc, d.id desc
limit %(limit)s
