-- Sync runs that somebody may see, the newest first, before a place.
select id, connection_id, wish, started_at, ended_at, tally
from tiebeam.sync_run
where tenant_id = %(tenant_id)s::uuid
    and (%(before)s::bigint is null or id < %(before)s)
    and (%(projects)s::text[] is null
        or coalesce(substring(wish from 'project=([^ ]*)'), '*') = any(array_append(%(projects)s::text[], '*')))
order by id desc
limit %(limit)s
