-- Where records of a kind lie that may be seen: what every list of records stands on.
place as materialized (
    select f.id, f.connection_id, f.scope, f.access, substring(f.scope from '(?:^|/)project_id=([^/]*)') as project_id
    from tiebeam.feed f
    where f.tenant_id = %(tenant_id)s::uuid and f.stream = %(stream)s
        and (%(connection)s::uuid is null or f.connection_id = %(connection)s::uuid)
        and (%(project)s::text is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') = %(project)s)
        and (%(visible)s::text[] is null or substring(f.scope from '(?:^|/)project_id=([^/]*)') is null
            or substring(f.scope from '(?:^|/)project_id=([^/]*)') = any(%(visible)s::text[]))
)
