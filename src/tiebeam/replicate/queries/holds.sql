-- The deletions that wait for a person, or were decided.
select h.id, f.stream, f.scope as scope_text, h.status, h.keys, h.live, h.evidence, h.found_at, h.decided_at,
    h.decided_by, h.feed_id
from tiebeam.hold h
join tiebeam.feed f on f.id = h.feed_id
where h.tenant_id = %(tenant_id)s::uuid and f.tenant_id = %(tenant_id)s::uuid
    and (%(status)s::text is null or h.status = %(status)s) and (%(id)s::bigint is null or h.id = %(id)s)
order by h.id
