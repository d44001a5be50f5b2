-- How many details a connection still owes, by feed.
select d.feed_id, count(*)
from tiebeam.debt d
join tiebeam.feed f on f.id = d.feed_id
where d.tenant_id = %(tenant_id)s::uuid and f.tenant_id = %(tenant_id)s::uuid
    and f.connection_id = %(connection_id)s::uuid and d.next_at < 'infinity'
group by d.feed_id
