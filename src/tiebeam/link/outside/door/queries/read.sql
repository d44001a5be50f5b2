-- Items were read: forget them, but for those that were told of again since.
delete from tiebeam.outside_told t
using unnest(%(item_ids)s::text[], %(times)s::integer[]) as r (item_id, times)
where t.tenant_id = %(tenant_id)s::uuid and t.link_id = %(link_id)s::uuid
    and t.item_id = r.item_id and t.times = r.times
