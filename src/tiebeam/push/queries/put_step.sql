-- Plan a step, or plan anew one that is not done; what a person was to look at is looked for if it changes.
insert into tiebeam.push_step as s (
    tenant_id, intent_id, name, position, kind, needs, payload, best_effort, version, state
)
values (
    %(tenant_id)s::uuid, %(intent_id)s::uuid, %(name)s, %(position)s, %(kind)s, %(needs)b::text[],
    %(payload)b::jsonb, %(best_effort)s, %(version)s, 'planned'
)
on conflict (intent_id, name) do update set
    position = excluded.position,
    kind = excluded.kind,
    needs = excluded.needs,
    payload = excluded.payload,
    best_effort = excluded.best_effort,
    version = excluded.version,
    sent_at = case
        when s.state in ('blocked', 'dead') and s.payload <> excluded.payload then null else s.sent_at
    end,
    failures = case when s.payload <> excluded.payload then 0 else s.failures end,
    state = case
        when s.state in ('blocked', 'dead') and s.payload <> excluded.payload then 'uncertain' else s.state
    end
where s.tenant_id = %(tenant_id)s::uuid and s.state in ('planned', 'retry_at', 'blocked', 'dead')
