-- A page of the records that are wanted, in the order of one of their fields; what has no value comes last.
with place as materialized (
    select f.id, f.connection_id, f.scope, f.access, substring(f.scope from '(?:^|/)project_id=([^/]*)') as project_id
    from tiebeam.feed f
    where f.tenant_id = %(tenant_id)s::uuid and f.stream = %(stream)s
        and (%(project)s::text is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') = %(project)s)
        and (%(visible)s::text[] is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') is null
            or substring(f.scope from '(?:^|/)project_id=([^/]*)') = any(%(visible)s::text[]))
), valued as (
    select r.feed_id, r.key, r.payload #>> string_to_array(%(sort_path)s::text, '.') as raw
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
), found as (
    select v.feed_id, v.key, row_number() over (
        order by
            %(sign)s::integer * case %(sort_type)s::text
                when 'moment' then extract(epoch from tiebeam.as_timestamptz(v.raw))
                when 'boolean' then tiebeam.as_boolean(v.raw)::integer::numeric
                when 'number' then tiebeam.as_numeric(v.raw)
            end nulls last,
            case when %(sort_type)s::text = 'text' and %(sign)s::integer > 0 then lower(v.raw) end nulls last,
            case when %(sort_type)s::text = 'text' and %(sign)s::integer < 0 then lower(v.raw) end desc nulls last,
            v.feed_id, v.key
    ) as position
    from valued v
    order by position
    limit %(limit)s offset %(offset)s
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
order by p.position
