-- A cell that both sides have changed, or that one cannot hold.
insert into tiebeam.outside_conflict (
    tenant_id, id, mirror_id, field, kind, base, ours, theirs, ours_at, ours_by, theirs_at, theirs_by, sentence,
    state, found_at, decided_at, decided_by
)
values (
    %(tenant_id)s::uuid, %(id)s::uuid, %(mirror_id)s::uuid, %(field)s, %(kind)s, %(base)s::jsonb,
    %(ours)s::jsonb, %(theirs)s::jsonb, %(ours_at)s, %(ours_by)s, %(theirs_at)s, %(theirs_by)s, %(sentence)s,
    %(state)s, %(at)s, %(decided_at)s, %(decided_by)s
)
