-- The columns of an intent.
i.id, i.document_kind, i.document_id, i.number, i.project, i.target, i.state, i.plan_due, i.planned_version,
i.sent_stands, i.next_at, i.code, i.cause, i.owner, i.action, i.field, i.fix, i.wanted_by, i.wanted_at,
i.trigger, i.correlation_id, i.done_at
