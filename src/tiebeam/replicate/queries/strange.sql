-- Which rows of a page, by their places from 0, are not live records that are known by the same fingerprint.
-- A look-up a row, whatever the planner believes of the table: it may have grown a hundredfold since it looked.
select n.place - 1
from unnest(%(keys)b::text[], %(fingerprints)b::bytea[]) with ordinality as n (key, fingerprint, place)
left join lateral (
    select r.fingerprint, r.state, r.missed_at
    from tiebeam.record r
    where r.tenant_id = %(tenant_id)s::uuid and r.feed_id = %(feed_id)s and r.key = n.key
    limit 1
) as known on true
where known.fingerprint is distinct from n.fingerprint or known.state <> 1 or known.missed_at is not null
order by n.place
