-- Operations, the newest first, of a pair or of all.
select id, at, pair_id, job_id, item_ref, what, fields, result, actor_kind, actor_id, actor_name, cause_id, hops
from tiebeam.link_log
where tenant_id = %(tenant_id)s::uuid
    and (%(pair_id)s::uuid is null or pair_id = %(pair_id)s::uuid)
    and (%(before)s::bigint is null or id < %(before)s::bigint)
order by id desc
limit %(limit)s
