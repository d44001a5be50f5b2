-- Add jobs.
insert into tiebeam.work_job (
    tenant_id, id, number, title, status, lead_id, address, starts_on, ends_on, created_at, updated_at, version
)
select %(tenant_id)s::uuid, n.id, n.number, n.title, n.status, n.lead_id, n.address, n.starts_on, n.ends_on,
    %(at)s::timestamptz, %(at)s::timestamptz, 1
from unnest(
    %(ids)s::uuid[], %(numbers)b::bigint[], %(titles)b::text[], %(statuses)b::text[], %(lead_ids)s::uuid[],
    %(addresses)b::text[], %(starts)s::date[], %(ends)s::date[]
) as n (id, number, title, status, lead_id, address, starts_on, ends_on)
