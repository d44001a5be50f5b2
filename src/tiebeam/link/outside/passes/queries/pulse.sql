-- What changes with every pass, door and joined board.
select concat_ws(' ',
    (select max(p.ended_at) from tiebeam.outside_pass p where p.tenant_id = %(tenant_id)s::uuid),
    (select max(d.kept_at) from tiebeam.outside_door d where d.tenant_id = %(tenant_id)s::uuid),
    (select sum(cardinality(d.hook_ids)) from tiebeam.outside_door d where d.tenant_id = %(tenant_id)s::uuid),
    (select max(l.changed_at) from tiebeam.outside_link l where l.tenant_id = %(tenant_id)s::uuid))
