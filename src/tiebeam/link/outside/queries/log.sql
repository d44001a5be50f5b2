-- What was done, the newest first.
select g.id, g.at, g.link_id, g.mirror_id, g.item_id, g.outside_id, g.what, g.fields, g.result, g.actor_kind,
    g.actor_id, g.actor_name, g.cause_id, g.hops
from tiebeam.outside_log g
where g.tenant_id = %(tenant_id)s::uuid and (%(link_id)s::uuid is null or g.link_id = %(link_id)s::uuid)
    and (%(item_id)s::uuid is null or g.item_id = %(item_id)s::uuid)
    and (%(before)s::bigint is null or g.id < %(before)s::bigint)
order by g.id desc
limit %(limit)s
