-- Every record of a connection with its content: what a comparison with the vendor's own truth reads.
select f.stream, f.scope, r.key, case
        when f.access = 'gone' then 2
        when f.access in ('hidden', 'off') and r.state = 1 then 3
        else r.state
    end::smallint as state,
    r.payload
from tiebeam.feed f
join tiebeam.record r on r.feed_id = f.id
where f.tenant_id = %(tenant_id)s::uuid and r.tenant_id = %(tenant_id)s::uuid
    and f.connection_id = %(connection_id)s::uuid and f.stream = %(stream)s
order by f.id, r.key
