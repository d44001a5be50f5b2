-- Change jobs.
update tiebeam.work_job j
set title = n.title, status = n.status, lead_id = n.lead_id, address = n.address, starts_on = n.starts_on,
    ends_on = n.ends_on, updated_at = %(at)s::timestamptz, version = j.version + 1
from unnest(
    %(ids)s::uuid[], %(titles)b::text[], %(statuses)b::text[], %(lead_ids)s::uuid[], %(addresses)b::text[],
    %(starts)s::date[], %(ends)s::date[]
) as n (id, title, status, lead_id, address, starts_on, ends_on)
where j.tenant_id = %(tenant_id)s::uuid and j.id = n.id
