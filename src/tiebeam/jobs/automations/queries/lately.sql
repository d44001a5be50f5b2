-- How often each rule acted since a moment.
select rule_id, count(*)
from tiebeam.automation_firing
where tenant_id = %(tenant_id)s::uuid and at >= %(since)s::timestamptz and result = 'done'
group by rule_id
