-- Whether a record `r` says what is looked for, anywhere, and what is asked of its fields.
(%(search)s::text is null or (
    r.payload::text ilike %(search_json)s::text and exists (
        select from jsonb_path_query(r.payload, 'strict $.**') v
        where jsonb_typeof(v) in ('string', 'number') and v #>> '{}' ilike %(search)s::text
    )
))
and not exists (
    select from unnest(%(paths)s::text[], %(patterns)s::text[]) as w (path, pattern)
    where coalesce(r.payload #>> string_to_array(w.path, '.'), '') not ilike w.pattern
)
