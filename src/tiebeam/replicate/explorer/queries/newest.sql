-- A page of the records that are wanted, the newest change first, going on after a place in that order.
with place as materialized (
    select f.id, f.connection_id, f.scope, f.access, substring(f.scope from '(?:^|/)project_id=([^/]*)') as project_id
    from tiebeam.feed f
    where f.tenant_id = %(tenant_id)s::uuid and f.stream = %(stream)s
        and (%(project)s::text is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') = %(project)s)
        and (%(visible)s::text[] is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') is null
            or substring(f.scope from '(?:^|/)project_id=([^/]*)') = any(%(visible)s::text[]))
), found as (
    select n.feed_id, n.key, n.changed_at
    from place f
    cross join lateral (
        select r.feed_id, r.key, r.changed_at
        from tiebeam.record r
        where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = f.id
            and r.changed_at <= coalesce(%(after_at)s::timestamptz, 'infinity')
            and (%(after_at)s::timestamptz is null or r.changed_at < %(after_at)s::timestamptz
                or (r.feed_id, r.key) > (%(after_feed)s::bigint, %(after_key)s::text))
            and r.changed_at >= coalesce(%(since)s::timestamptz, '-infinity')
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
        order by r.changed_at desc, r.key
        limit %(limit)s
    ) n
    order by n.changed_at desc, n.feed_id, n.key
    limit %(limit)s
)
select r.feed_id, f.connection_id, f.scope as scope_text, r.key, case
        when f.access = 'gone' then 2
        when f.access in ('hidden', 'off') and r.state = 1 then 3
        else r.state
    end::smallint as state,
    r.version, r.vendor_at, r.changed_at, r.payload
from found p
join place f on f.id = p.feed_id
join tiebeam.record r on r.tenant_id = %(tenant_id)s::uuid and r.feed_id = p.feed_id and r.key = p.key
order by p.changed_at desc, p.feed_id, p.key
