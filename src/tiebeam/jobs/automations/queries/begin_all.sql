-- Rules are asked about changes: note each once, and hold the notes until the transaction ends.
insert into tiebeam.automation_firing as f (
    tenant_id, rule_id, change_id, subject, subject_id, what, cause_id, hops, at, result
)
select %(tenant_id)s::uuid, n.rule_id, n.change_id, n.subject, n.subject_id, n.what, n.cause_id, n.hops::integer,
    %(at)s::timestamptz, 'begun'
from unnest(
    %(rule_ids)s::uuid[], %(change_ids)s::bigint[], %(subjects)s::text[], %(subject_ids)s::uuid[],
    %(whats)s::text[], %(cause_ids)s::uuid[], %(hops)s::bigint[]
) as n (rule_id, change_id, subject, subject_id, what, cause_id, hops)
order by n.change_id, n.rule_id
on conflict (tenant_id, rule_id, change_id) do update set result = f.result
returning f.rule_id, f.change_id, f.result, f.acts, f.detail
