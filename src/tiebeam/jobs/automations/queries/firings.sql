-- What came of rules, the newest first.
select f.id, f.rule_id, f.change_id, f.subject, f.subject_id, f.what, f.cause_id, f.hops, f.at, f.result, f.acts,
    f.detail, r.name as rule_name
from tiebeam.automation_firing f
join tiebeam.automation_rule r on r.tenant_id = f.tenant_id and r.id = f.rule_id
where f.tenant_id = %(tenant_id)s::uuid
    and (%(rule_id)s::uuid is null or f.rule_id = %(rule_id)s::uuid)
    and (%(result)s::text is null or f.result = %(result)s::text)
    and (%(before)s::bigint is null or f.id < %(before)s::bigint)
order by f.id desc
limit %(limit)s::integer
