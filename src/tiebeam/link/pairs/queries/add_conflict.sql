-- A field that both sides have changed, or that one cannot hold.
insert into tiebeam.link_conflict (
    tenant_id, id, pair_id, field, kind, base, job, item, job_at, job_by, item_at, item_by, sentence, state,
    found_at, decided_at, decided_by
)
values (
    %(tenant_id)s::uuid, %(id)s::uuid, %(pair_id)s::uuid, %(field)s, %(kind)s, %(base)s::jsonb, %(job)s::jsonb,
    %(item)s::jsonb, %(job_at)s, %(job_by)s, %(item_at)s, %(item_by)s, %(sentence)s, %(state)s, %(at)s,
    %(decided_at)s, %(decided_by)s
)
