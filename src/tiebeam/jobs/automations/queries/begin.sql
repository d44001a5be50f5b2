-- A rule is asked about a change: note it once, and hold the note until the transaction ends.
insert into tiebeam.automation_firing as f (
    tenant_id, rule_id, change_id, subject, subject_id, what, cause_id, hops, at, result
)
values (
    %(tenant_id)s::uuid, %(rule_id)s::uuid, %(change_id)s::bigint, %(subject)s::text, %(subject_id)s::uuid,
    %(what)s::text, %(cause_id)s::uuid, %(hops)s::integer, %(at)s::timestamptz, 'begun'
)
on conflict (tenant_id, rule_id, change_id) do update set result = f.result
returning f.result, f.acts, f.detail
