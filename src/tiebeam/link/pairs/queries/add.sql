-- Pairs, each unless its job has one on this board or its item has one.
insert into tiebeam.link_pair (
    tenant_id, id, job_id, board_id, item_ref, base, state, version, made_at, changed_at
)
select %(tenant_id)s::uuid, n.id, n.job_id, n.board_id, n.item_ref, n.base, 'linked', 1, %(at)s::timestamptz,
    %(at)s::timestamptz
from unnest(
    %(ids)s::uuid[], %(job_ids)s::uuid[], %(board_ids)s::uuid[], %(refs)b::text[], %(bases)b::jsonb[]
) as n (id, job_id, board_id, item_ref, base)
on conflict do nothing
