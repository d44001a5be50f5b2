-- What came of a rule.
select f.id, f.rule_id, f.change_id, f.subject, f.subject_id, f.what, f.cause_id, f.hops, f.at, f.result, f.acts,
    f.detail, r.name as rule_name
from tiebeam.automation_firing f
join tiebeam.automation_rule r on r.tenant_id = f.tenant_id and r.id = f.rule_id
