-- Operations.
insert into tiebeam.link_log (
    tenant_id, at, pair_id, job_id, item_ref, what, fields, result, actor_kind, actor_id, actor_name, cause_id,
    hops
)
select %(tenant_id)s::uuid, %(at)s::timestamptz, n.pair_id, n.job_id, n.item_ref, n.what, n.fields, n.result,
    %(actor_kind)s::text, %(actor_id)s::text, %(actor_name)s::text, %(cause_id)s::uuid, %(hops)s::integer
from unnest(
    %(pair_ids)s::uuid[], %(job_ids)s::uuid[], %(refs)b::text[], %(whats)b::text[], %(fields)b::jsonb[],
    %(results)b::text[]
) with ordinality as n (pair_id, job_id, item_ref, what, fields, result, place)
order by n.place
