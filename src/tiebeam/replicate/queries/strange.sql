-- Which rows of a page, by their places from 0, are not live records that are known by the same fingerprint.
select n.place - 1
from unnest(%(keys)b::text[], %(fingerprints)b::bytea[]) with ordinality as n (key, fingerprint, place)
left join tiebeam.record r on r.tenant_id = %(tenant_id)s::uuid and r.feed_id = %(feed_id)s and r.key = n.key
where r.fingerprint is distinct from n.fingerprint or r.state <> 1 or r.missed_at is not null
order by n.place
