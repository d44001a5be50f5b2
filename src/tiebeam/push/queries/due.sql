-- The intents that are to be gone on with now, those that waited longest first.
select id
from tiebeam.push_intent
where tenant_id = %(tenant_id)s::uuid and next_at <= %(at)s::timestamptz
order by next_at, id
limit %(limit)s
