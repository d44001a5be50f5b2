-- What was sent and answered from one moment up to another, a batch at a time.
select id, intent_id, name, attempt, event, at, correlation_id, sent, answer, code, cause
from tiebeam.push_attempt
where tenant_id = %(tenant_id)s::uuid
    and at >= %(since)s::timestamptz
    and at < %(until)s::timestamptz
    and id > %(after)s
order by id
limit %(limit)s
