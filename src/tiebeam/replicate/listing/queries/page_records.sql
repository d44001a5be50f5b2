-- Records of a stream that somebody may see, in the order in which they are kept, after a place.
select p.feed_id, p.connection_id, p.scope_text, p.key, p.state, p.version, p.hash, p.vendor_at, p.created_at,
    p.changed_at, p.state_reason, p.payload
from (
    select r.feed_id, f.connection_id, f.scope as scope_text, r.key, case
            when f.access = 'gone' then 2
            when f.access in ('hidden', 'off') and r.state = 1 then 3
            else r.state
        end::smallint as state,
        r.version, r.hash, r.vendor_at, r.created_at, r.changed_at, r.state_reason, r.payload
    from tiebeam.feed f
    join tiebeam.record r on r.feed_id = f.id
    where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
        and f.stream = %(stream)s
        and (%(connection_id)s::uuid is null or f.connection_id = %(connection_id)s::uuid)
        and (%(key)s::text is null or r.key = %(key)s)
        and (%(project)s::text is null or substring(f.scope from 'project_id=([^/]*)') = %(project)s)
        and (%(projects)s::text[] is null
            or coalesce(substring(f.scope from 'project_id=([^/]*)'),
                case when f.stream = 'procore.projects' then r.key end) = any(%(projects)s)
            or (f.stream <> 'procore.projects' and substring(f.scope from 'project_id=([^/]*)') is null))
        and (%(changed_since)s::timestamptz is null or r.changed_at >= %(changed_since)s)
        and (%(search)s::text is null or strpos(lower(r.payload::text), lower(%(search)s)) > 0)
        and (r.feed_id, r.key) > (%(after_feed)s::bigint, %(after_key)s::text)
) p
where %(state)s::smallint is null or p.state = %(state)s
order by p.feed_id, p.key
limit %(limit)s
