-- Read entries, the newest first; what is null does not count. An act is meant with all acts of its noun.
select tenant_id, number, at, actor_kind, actor_id, actor_name, act, subject, detail, correlation_id, previous, hash
from tiebeam.audit
where tenant_id = %(tenant_id)s
    and (%(before)s::bigint is null or number < %(before)s)
    and (%(act)s::text is null or act = %(act)s or starts_with(act, %(act)s || '.'))
    and (%(subject)s::text is null or subject = %(subject)s)
    and (%(subjects)s::text[] is null or subject = any(%(subjects)s::text[]))
    and (%(actor_id)s::text is null or actor_id = %(actor_id)s)
    and (%(since)s::timestamptz is null or at >= %(since)s)
    and (%(until)s::timestamptz is null or at < %(until)s)
order by number desc
limit %(limit)s
