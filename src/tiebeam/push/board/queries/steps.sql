-- The steps of an intent in their order, each with its receipt.
select s.name, s.kind, s.best_effort, s.state, s.attempt, s.version, s.code, s.cause, s.owner, s.action, s.next_at,
    r.vendor_id, r.seen_at, r.payload_sha256, s.payload
from tiebeam.push_step s
left join tiebeam.push_receipt r on r.intent_id = s.intent_id and r.name = s.name
where s.tenant_id = %(tenant_id)s::uuid and s.intent_id = %(intent_id)s::uuid
order by s.position, s.name
