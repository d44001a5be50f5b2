-- Read the chain in order, a batch at a time.
select tenant_id, number, at, actor_kind, actor_id, actor_name, act, subject, detail, correlation_id, previous, hash
from tiebeam.audit
where tenant_id = %(tenant_id)s and number > %(after)s and number <= %(until)s
order by number
limit %(limit)s
