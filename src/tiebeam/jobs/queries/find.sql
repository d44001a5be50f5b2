-- Jobs by what they are called, where they are and how far they have come, the highest number first.
-- include job
where j.tenant_id = %(tenant_id)s::uuid and j.deleted_at is null
    and (%(after)s::integer is null or j.number < %(after)s::integer)
    and (%(statuses)s::text[] is null or j.status = any(%(statuses)s::text[]))
    and (%(like)s::text is null or j.title ilike %(like)s::text or j.address ilike %(like)s::text
        or j.number::text = %(number)s::text)
order by j.number desc
limit %(limit)s
