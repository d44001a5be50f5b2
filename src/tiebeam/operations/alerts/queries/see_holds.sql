-- Deletions that wait for a person.
select f.connection_id, count(*)::integer as holds, sum(cardinality(h.keys))::integer as records
from tiebeam.hold h
join tiebeam.feed f on f.id = h.feed_id
where h.tenant_id = %(tenant_id)s::uuid and f.tenant_id = %(tenant_id)s::uuid and h.status = 'waiting'
group by f.connection_id
order by f.connection_id
