-- How many records of each connection disagreed with the vendor's since a moment.
select f.connection_id, sum(cardinality(l.keys))::integer as records
from tiebeam.sync_log l
join tiebeam.feed f on f.id = l.feed_id
where l.tenant_id = %(tenant_id)s::uuid and f.tenant_id = %(tenant_id)s::uuid and l.result = 'conflict'
    and l.at >= %(since)s::timestamptz
group by f.connection_id
order by f.connection_id
