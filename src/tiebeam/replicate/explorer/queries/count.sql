-- How many records are wanted; counting ends where nobody needs the figure to be exact.
with place as materialized (
    select f.id, f.connection_id, f.scope, f.access, substring(f.scope from '(?:^|/)project_id=([^/]*)') as project_id
    from tiebeam.feed f
    where f.tenant_id = %(tenant_id)s::uuid and f.stream = %(stream)s
        and (%(project)s::text is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') = %(project)s)
        and (%(visible)s::text[] is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') is null
            or substring(f.scope from '(?:^|/)project_id=([^/]*)') = any(%(visible)s::text[]))
)
select count(*) from (
    select
    from place f
    join tiebeam.record r on r.feed_id = f.id
    where r.tenant_id = %(tenant_id)s::uuid and r.changed_at >= coalesce(%(since)s::timestamptz, '-infinity')
        and case
            when f.access = 'gone' then 2
            when f.access in ('hidden', 'off') and r.state = 1 then 3
            else r.state
        end = any(%(states)s::integer[])
        and (%(own)s::text[] is null or r.key = any(%(own)s::text[]))
        and (%(search)s::text is null or (
            r.payload::text ilike %(search_json)s::text and exists (
                select from jsonb_path_query(r.payload, 'strict $.**') v
                where jsonb_typeof(v) in ('string', 'number') and v #>> '{}' ilike %(search)s::text
            )
        ))
        and not exists (
            select from unnest(%(paths)s::text[], %(patterns)s::text[]) as w (path, pattern)
            where coalesce(r.payload #>> string_to_array(w.path, '.'), '') not ilike w.pattern
        )
    limit %(limit)s
) counted
