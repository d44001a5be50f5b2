-- What some records of a feed are called, by their keys.
select r.key, coalesce(
    r.payload ->> 'title', r.payload ->> 'name', r.payload ->> 'subject', r.payload ->> 'description',
    r.payload ->> 'number', ''
) as title
from tiebeam.record r
where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = %(feed_id)s and r.key = any(%(keys)s::text[])
order by r.key
