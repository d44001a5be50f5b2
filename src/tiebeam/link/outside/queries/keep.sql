-- Mirrors as they are now.
update tiebeam.outside_mirror m
set outside_id = n.outside_id, base = n.base, sent = n.sent, refused = n.refused, state = n.state,
    asked = n.asked, begun_at = n.begun_at, cause_id = n.cause_id, hops = n.hops, written_at = n.written_at,
    changed_at = %(at)s::timestamptz
from unnest(
    %(ids)s::uuid[], %(outside_ids)s::text[], %(bases)b::jsonb[], %(sents)b::jsonb[], %(refuseds)b::jsonb[],
    %(states)b::text[], %(askeds)s::text[], %(begun)s::timestamptz[], %(cause_ids)s::uuid[],
    %(hops)b::bigint[], %(written)s::timestamptz[]
) as n (id, outside_id, base, sent, refused, state, asked, begun_at, cause_id, hops, written_at)
where m.tenant_id = %(tenant_id)s::uuid and m.id = n.id
