-- How far rules have come with changes.
update tiebeam.automation_firing f set
    acts = n.acts::integer, result = n.result, detail = n.detail, at = %(at)s::timestamptz
from unnest(
    %(rule_ids)s::uuid[], %(change_ids)s::bigint[], %(results)s::text[], %(acts)s::bigint[], %(details)s::text[]
) as n (rule_id, change_id, result, acts, detail)
where f.tenant_id = %(tenant_id)s::uuid and f.rule_id = n.rule_id and f.change_id = n.change_id
    and f.result = 'begun'
