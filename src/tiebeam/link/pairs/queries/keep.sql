-- What both sides of pairs have agreed on, and how they stand.
update tiebeam.link_pair p
set base = n.base, sent = n.sent, state = n.state, asked = n.asked, version = p.version + 1,
    changed_at = %(at)s::timestamptz
from unnest(%(ids)s::uuid[], %(bases)b::jsonb[], %(states)b::text[], %(askeds)s::text[], %(sents)b::jsonb[])
    as n (id, base, state, asked, sent)
where p.tenant_id = %(tenant_id)s::uuid and p.id = n.id
