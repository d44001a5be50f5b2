-- Plan a step, or plan anew one that is not done; what was tried is looked for first if it changes and can be.
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
    -- Its call has ended: nothing has to settle before it is looked for.
    sent_at = case when s.attempt > 0 and s.payload <> excluded.payload then null else s.sent_at end,
    failures = case when s.payload <> excluded.payload then 0 else s.failures end,
    state = case
        when s.payload = excluded.payload then s.state
        when s.attempt > 0 and excluded.needs <@ array(
            select d.name from tiebeam.push_step d
            where d.tenant_id = s.tenant_id and d.intent_id = s.intent_id and d.state = 'done'
        ) then 'uncertain'
        -- What it needs now is not there yet, so it cannot be looked for; refused, it was not done.
        when s.state in ('blocked', 'dead') then 'planned'
        else s.state
    end
where s.tenant_id = %(tenant_id)s::uuid and s.state in ('planned', 'retry_at', 'blocked', 'dead')
