-- An intent, and how many of its steps stand how.
select i.id as intent_id, i.document_kind, i.document_id, i.number, i.project, i.target, i.state, i.code, i.cause,
    i.owner, i.action, i.field, i.fix, i.wanted_by, i.wanted_at, i.trigger, i.next_at, i.done_at,
    i.correlation_id, coalesce(s.steps, 0)::integer as steps, coalesce(s.done, 0)::integer as done,
    coalesce(s.uncertain, 0)::integer as uncertain, coalesce(s.stuck, 0)::integer as stuck
from tiebeam.push_intent i
left join lateral (
    select count(*) as steps, count(*) filter (where p.state = 'done') as done,
        count(*) filter (where p.state = 'uncertain') as uncertain,
        count(*) filter (where p.state in ('blocked', 'dead')) as stuck
    from tiebeam.push_step p
    where p.tenant_id = i.tenant_id and p.intent_id = i.id
) s on true
