-- What was done to one record, latest first: by which kind of pull, or outside of one.
select l.at, l.result, p.mode, l.calls, cardinality(l.keys) as records, l.detail
from tiebeam.sync_log l
left join tiebeam.pull p on p.id = l.pull_id and p.tenant_id = l.tenant_id
where l.tenant_id = %(tenant_id)s::uuid and l.feed_id = %(feed)s::bigint and %(key)s::text = any(l.keys)
order by l.at desc, l.id desc
limit %(limit)s
