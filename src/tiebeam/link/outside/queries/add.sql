-- New mirrors.
insert into tiebeam.outside_mirror (
    tenant_id, id, link_id, item_id, outside_id, base, sent, refused, state, hops, made_at, changed_at
)
select %(tenant_id)s::uuid, n.id, n.link_id, n.item_id, n.outside_id, n.base, '{}', '{}', n.state, 0,
    %(at)s::timestamptz, %(at)s::timestamptz
from unnest(
    %(ids)s::uuid[], %(link_ids)s::uuid[], %(item_ids)s::uuid[], %(outside_ids)s::text[], %(bases)b::jsonb[],
    %(states)b::text[]
) as n (id, link_id, item_id, outside_id, base, state)
