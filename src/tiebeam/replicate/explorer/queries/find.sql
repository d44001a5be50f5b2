-- Every record with this key that may be seen: the same vendor id may stand in several places.
with place as materialized (
    select f.id, f.connection_id, f.scope, f.access, substring(f.scope from '(?:^|/)project_id=([^/]*)') as project_id
    from tiebeam.feed f
    where f.tenant_id = %(tenant_id)s::uuid and f.stream = %(stream)s
        and (%(project)s::text is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') = %(project)s)
        and (%(visible)s::text[] is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') is null
            or substring(f.scope from '(?:^|/)project_id=([^/]*)') = any(%(visible)s::text[]))
)
select r.feed_id, f.scope as scope_text, r.key, case
        when f.access = 'gone' then 2
        when f.access in ('hidden', 'off') and r.state = 1 then 3
        else r.state
    end::smallint as state,
    r.version, r.hash, r.vendor_at, r.created_at, r.changed_at, r.state_reason, r.payload
from place f
join tiebeam.record r on r.feed_id = f.id
where r.tenant_id = %(tenant_id)s::uuid and r.key = %(key)s::text
    and (%(own)s::text[] is null or r.key = any(%(own)s::text[]))
    and (%(feed)s::bigint is null or f.id = %(feed)s::bigint)
order by f.id
