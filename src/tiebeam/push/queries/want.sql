-- Wish that a document be in a target, unless it is wished for already.
insert into tiebeam.push_intent as i (
    id, tenant_id, document_kind, document_id, number, project, target, state, plan_due, next_at,
    wanted_by, wanted_at, trigger, correlation_id
)
values (
    %(id)s::uuid, %(tenant_id)s::uuid, %(document_kind)s, %(document_id)s::uuid, %(number)s, %(project)s,
    %(target)s, 'open', true, %(at)s::timestamptz, %(wanted_by)s, %(at)s::timestamptz, %(trigger)s,
    %(correlation_id)s
)
on conflict (tenant_id, document_id, target) do update set number = i.number
returning i.id, i.id = %(id)s::uuid as made, i.state
