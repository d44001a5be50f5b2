-- The steps that are done of a document that is in a target.
select s.name
from tiebeam.push_intent i
join tiebeam.push_step s on s.tenant_id = i.tenant_id and s.intent_id = i.id
where i.tenant_id = %(tenant_id)s::uuid and i.document_id = %(document_id)s::uuid and i.target = %(target)s
    and i.done_at is not null and s.state = 'done'
