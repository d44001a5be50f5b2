-- What could not be taken in, and why.
select d.id, f.stream, f.scope as scope_text, d.key, d.reason, length(d.raw) as bytes, d.first_at, d.last_at
from tiebeam.damage d
join tiebeam.feed f on f.id = d.feed_id
where d.tenant_id = %(tenant_id)s::uuid and f.tenant_id = %(tenant_id)s::uuid
    and (%(connection_id)s::uuid is null or f.connection_id = %(connection_id)s::uuid)
order by d.id desc
limit %(limit)s
