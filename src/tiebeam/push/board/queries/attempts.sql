-- What was sent of an intent and what came of it, in the order in which it happened.
select id, name, attempt, event, at, correlation_id, sent, answer, code, cause
from tiebeam.push_attempt
where tenant_id = %(tenant_id)s::uuid and intent_id = %(intent_id)s::uuid
order by id
limit %(limit)s
