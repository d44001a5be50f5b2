-- Keep what was done, in its order.
insert into tiebeam.work_change (
    tenant_id, at, subject, subject_id, board_id, what, field, before, after, version,
    actor_kind, actor_id, actor_name, cause_id, hops
)
select %(tenant_id)s::uuid, %(at)s::timestamptz, n.subject, n.subject_id, n.board_id, n.what, n.field,
    n.before, n.after, n.version, %(actor_kind)s::text, %(actor_id)s::text, %(actor_name)s::text,
    %(cause_id)s::uuid, %(hops)s::smallint
from unnest(
    %(subjects)b::text[], %(subject_ids)s::uuid[], %(board_ids)s::uuid[], %(whats)b::text[],
    %(fields)s::text[], %(befores)b::jsonb[], %(afters)b::jsonb[], %(versions)b::bigint[]
) with ordinality as n (subject, subject_id, board_id, what, field, before, after, version, place)
order by n.place
