-- The steps of an intent in their order, with the receipts of those that are done.
select s.name, s.kind, s.needs, s.payload, s.best_effort, s.version, s.state, s.attempt, s.failures, s.sent_at,
    s.next_at, s.code, s.cause, s.owner, s.action, s.field, s.fix, r.vendor_id, r.answer, r.seen_at
from tiebeam.push_step s
left join tiebeam.push_receipt r on r.intent_id = s.intent_id and r.name = s.name
where s.tenant_id = %(tenant_id)s::uuid and s.intent_id = %(intent_id)s::uuid
order by s.position, s.name
