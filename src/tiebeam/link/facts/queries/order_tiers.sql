-- How many tiers the change orders of a project have, by the newest one that tells.
select (r.payload ->> 'change_order_tiers')::integer as tiers
from tiebeam.feed f
join tiebeam.record r on r.feed_id = f.id and r.tenant_id = f.tenant_id and r.state = 1
where f.tenant_id = %(tenant_id)s::uuid and f.connection_id = %(connection_id)s::uuid
    and f.stream = %(stream)s and f.scope = %(scope)s and f.access = 'open' and f.completed_at is not null
    and r.payload ->> 'change_order_tiers' in ('1', '2', '3')
order by length(r.key) desc, r.key desc
limit 1
