-- The projects that may be seen, by name.
select r.key, coalesce(r.payload ->> 'display_name', r.payload ->> 'name', r.key) as name
from tiebeam.record r
where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = any(array(
        select f.id from tiebeam.feed f where f.tenant_id = %(tenant_id)s::uuid and f.stream = 'procore.projects'
    ))
    and (%(visible)s::text[] is null or r.key = any(%(visible)s::text[]))
order by 2, 1
limit %(limit)s
