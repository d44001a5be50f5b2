-- Operations.
insert into tiebeam.outside_log (
    tenant_id, at, link_id, mirror_id, item_id, outside_id, what, fields, result, actor_kind, actor_id,
    actor_name, cause_id, hops
)
select %(tenant_id)s::uuid, %(at)s::timestamptz, n.link_id, n.mirror_id, n.item_id, n.outside_id, n.what,
    n.fields, n.result, %(actor_kind)s::text, %(actor_id)s::text, %(actor_name)s::text, %(cause_id)s::uuid,
    %(hops)s::integer
from unnest(
    %(link_ids)s::uuid[], %(mirror_ids)s::uuid[], %(item_ids)s::uuid[], %(outside_ids)s::text[],
    %(whats)b::text[], %(fields)b::jsonb[], %(results)b::text[]
) with ordinality as n (link_id, mirror_id, item_id, outside_id, what, fields, result, place)
order by n.place
