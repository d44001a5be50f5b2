-- The feeds that this run has already read to the end, with every detail paid.
select f.id
from tiebeam.feed f
where f.tenant_id = %(tenant_id)s::uuid and f.connection_id = %(connection_id)s::uuid
    and f.read_at >= %(started_at)s::timestamptz
    and not exists (
        select 1 from tiebeam.pull p
        where p.tenant_id = %(tenant_id)s::uuid and p.feed_id = f.id and p.status = 'running'
    )
