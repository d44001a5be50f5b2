-- The kinds of time that the newest time cards of a project name.
select distinct c.id, c.name
from (
    select r.payload -> 'timecard_time_type' ->> 'id' as id,
        r.payload -> 'timecard_time_type' ->> 'time_type' as name
    from tiebeam.feed f
    join tiebeam.record r on r.feed_id = f.id and r.tenant_id = f.tenant_id and r.state = 1
    where f.tenant_id = %(tenant_id)s::uuid and f.connection_id = %(connection_id)s::uuid
        and f.stream = %(stream)s and f.scope = %(scope)s and f.access = 'open'
        and r.day is not null
    order by r.day desc
    limit %(limit)s
) c
where c.id is not null and c.name is not null
