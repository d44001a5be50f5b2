-- Sync runs of a tenant, over or not or either, the newest first; of what was wished for the projects given, or for all.
select r.id, r.connection_id, r.wish, r.started_at, r.ended_at, r.tally, r.progress, r.seen_at
from tiebeam.sync_run r
where r.tenant_id = %(tenant_id)s::uuid and (r.ended_at is null) = coalesce(%(open)s::boolean, r.ended_at is null)
    and (%(before)s::bigint is null or r.id < %(before)s::bigint)
    and (
        %(projects)s::text[] is null
        or coalesce(substring(r.wish from 'project=([^ ]*)'), '*') = any(array_append(%(projects)s::text[], '*'))
    )
order by r.id desc
limit %(limit)s
