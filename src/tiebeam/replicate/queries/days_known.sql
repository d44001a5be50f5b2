-- The first day that daily log headers of a project speak of, and the day the project was made.
select
    (select min(r.payload ->> 'log_date')
        from tiebeam.feed f join tiebeam.record r on r.feed_id = f.id
        where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
            and f.connection_id = %(connection_id)s::uuid and f.stream = %(header_stream)s and f.scope = %(scope)s),
    (select jsonb_build_object('created_at', r.payload -> 'created_at', 'tz_name', r.payload -> 'tz_name')
        from tiebeam.feed f join tiebeam.record r on r.feed_id = f.id
        where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
            and f.connection_id = %(connection_id)s::uuid and f.stream = %(project_stream)s
            and r.key = %(project_id)s)
