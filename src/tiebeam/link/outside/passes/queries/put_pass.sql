-- Keep a pass in the place of the one before.
insert into tiebeam.outside_pass (tenant_id, link_id, began_at, ended_at, calls, ours, theirs, refused)
values (%(tenant_id)s::uuid, %(link_id)s::uuid, %(began_at)s::timestamptz, %(ended_at)s::timestamptz, %(calls)s,
    %(ours)s, %(theirs)s, %(refused)s)
on conflict (tenant_id, link_id) do update
set began_at = excluded.began_at, ended_at = excluded.ended_at, calls = excluded.calls, ours = excluded.ours,
    theirs = excluded.theirs, refused = excluded.refused
