-- Choose what has documents sent to a target.
insert into tiebeam.push_trigger (tenant_id, target, button, on_approval, batch_minutes)
values (%(tenant_id)s::uuid, %(target)s, %(button)s, %(on_approval)s, %(batch_minutes)s)
on conflict (tenant_id, target) do update set
    button = excluded.button,
    on_approval = excluded.on_approval,
    batch_minutes = excluded.batch_minutes
